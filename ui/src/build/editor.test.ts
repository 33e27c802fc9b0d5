import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { addTask } from "../edit/addTask";
import { readLanguage } from "../edit/language";
import { removeTasks } from "../edit/removeTasks";
import { setAt } from "../edit/value";
import { Editor, type Report } from "./editor";

const language = readLanguage(JSON.parse(readFileSync("../docs/flow.schema.json", "utf8")));
const TEXT = "name: a\ntasks:\n  one: { value: 1 }\n  two: { value: 2 }\n";

interface Asked {
  text: string;
  answer: (report: Report<string, string>) => void;
  fail: () => void;
  signal: AbortSignal;
}

function editor() {
  const asked: Asked[] = [];
  const kept: (string | null)[] = [];
  const made = new Editor<string, string>(TEXT, language, {
    check: (text, signal) =>
      new Promise((answer, reject) => {
        asked.push({ text, answer, fail: () => reject(new Error("gone")), signal });
      }),
    keep: (text) => kept.push(text),
  });
  return { editor: made, asked, kept };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it("makes an edit one step, selects what it added, and lets it be undone byte for byte", () => {
  const { editor: made } = editor();
  made.edit((draft) => addTask(draft, { group: [], after: "one" }, { name: "new", body: { value: 3 } }));
  const { document, selection, isDirty, canUndo } = made.snapshot();
  expect(document.task(["new"])).toBeDefined();
  expect([selection, isDirty, canUndo]).toEqual([["new"], true, true]);
  made.undo();
  expect(made.snapshot().document.text).toBe(TEXT);
  expect([made.snapshot().isDirty, made.snapshot().selection]).toEqual([false, []]);
  made.redo();
  expect(made.snapshot().document.task(["new"])).toBeDefined();
});

it("says why an edit is not made, and changes nothing", () => {
  const { editor: made } = editor();
  made.edit((draft) => removeTasks(draft, [["nobody"]]));
  expect(made.snapshot().document.text).toBe(TEXT);
  expect(made.snapshot().said).toMatchObject({ refused: "unknown" });
  made.heard();
  expect(made.snapshot().said).toBeNull();
});

it("tells everyone of a change, and a text editor who made it", () => {
  const { editor: made } = editor();
  const heard: string[] = [];
  made.hear((splices, origin) => heard.push(`${origin} ${splices.map((one) => one.insert).join("|")}`));
  made.typed([{ from: TEXT.length, to: TEXT.length, insert: "# x\n" }]);
  made.undo();
  made.replace(`${TEXT}# theirs\n`);
  expect(heard).toEqual(["text # x\n", "history ", `file ${TEXT}# theirs\n`]);
});

it("asks the engine once after a burst, and leaves an older question", async () => {
  const { editor: made, asked } = editor();
  expect(asked.map((one) => one.text)).toEqual([TEXT]);
  for (const letter of "abc") made.typed([{ from: 0, to: 0, insert: `# ${letter}\n` }]);
  await vi.advanceTimersByTimeAsync(200);
  expect(asked).toHaveLength(2);
  expect(asked[0]?.signal.aborted).toBe(true);
  asked[1]?.answer({ problems: ["wrong"], graph: "drawn" });
  await vi.advanceTimersByTimeAsync(0);
  expect(made.snapshot()).toMatchObject({ graph: "drawn", reported: made.snapshot().document.text });
});

it("keeps the last graph while the text cannot be drawn, and says when the engine is away", async () => {
  const { editor: made, asked } = editor();
  asked[0]?.answer({ problems: [], graph: "drawn" });
  await vi.advanceTimersByTimeAsync(0);
  made.typed([{ from: 0, to: 0, insert: "{ " }]);
  expect(made.snapshot().document.failure).not.toBeNull();
  await vi.advanceTimersByTimeAsync(200);
  asked[1]?.answer({ problems: ["wrong"], graph: null });
  await vi.advanceTimersByTimeAsync(0);
  expect(made.snapshot().graph).toBe("drawn");
  made.undo();
  await vi.advanceTimersByTimeAsync(200);
  asked[2]?.fail();
  await vi.advanceTimersByTimeAsync(0);
  expect(made.snapshot().unchecked).toBe(true);
});

it("asks again, and keeps again what is not saved, once the engine is back", async () => {
  const { editor: made, asked, kept } = editor();
  made.back();
  expect(asked).toHaveLength(1);
  made.typed([{ from: 0, to: 0, insert: "# x\n" }]);
  await vi.advanceTimersByTimeAsync(700);
  asked[1]?.fail();
  await vi.advanceTimersByTimeAsync(0);
  expect([made.snapshot().unchecked, kept.length]).toEqual([true, 1]);
  made.back();
  await vi.advanceTimersByTimeAsync(0);
  expect([asked.at(-1)?.text, kept]).toEqual([made.snapshot().document.text, [kept[0], kept[0]]]);
  asked.at(-1)?.answer({ problems: [], graph: null });
  await vi.advanceTimersByTimeAsync(0);
  expect(made.snapshot().unchecked).toBe(false);
});

it("keeps what is not saved, at the latest when it is closed", async () => {
  const { editor: made, kept } = editor();
  made.typed([{ from: 0, to: 0, insert: "# x\n" }]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(kept).toEqual([`# x\n${TEXT}`]);
  made.saved();
  expect(kept.at(-1)).toBeNull();
  expect(made.snapshot().isDirty).toBe(false);
  made.typed([{ from: 0, to: 0, insert: "# y\n" }]);
  made.close();
  expect(kept.at(-1)).toBe(`# y\n# x\n${TEXT}`);
});

it("makes one step of edits that follow each other as while a field is typed into", async () => {
  const { editor: made } = editor();
  const set = (value: string, word: string) =>
    made.edit((draft) => setAt(draft, ["tasks", "one", "description"], value), undefined, word);
  for (const text of ["a", "ab", "abc"]) set(text, "description");
  set("abcd", "another");
  await vi.advanceTimersByTimeAsync(600);
  set("abcde", "another");
  const seen: unknown[] = [];
  while (made.snapshot().canUndo) {
    seen.push(/description: (\w+)/.exec(made.snapshot().document.text)?.[1]);
    made.undo();
  }
  expect(seen).toEqual(["abcde", "abcd", "abc"]);
  expect(made.snapshot().document.text).toBe(TEXT);
});

it("selects a task of a called flow by itself, as long as the task that calls it is there", () => {
  const { editor: made } = editor();
  made.select(["one", "two//inner"]);
  expect(made.snapshot().selection).toEqual(["two//inner"]);
  made.select(["two//inner", "one"]);
  expect(made.snapshot().selection).toEqual(["one"]);
  made.select(["two//inner"]);
  made.edit((draft) => removeTasks(draft, [["one"]]));
  expect(made.snapshot().selection).toEqual(["two//inner"]);
  made.edit((draft) => removeTasks(draft, [["two"]]));
  expect(made.snapshot().selection).toEqual([]);
});
