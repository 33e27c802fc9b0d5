import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { readLanguage } from "../edit/language";
import type { FlowEditor } from "./context";
import { Editor } from "./editor";
import { groupSelected, moveInto, removeSelected, rename, ungroupSelected } from "./edits";
import {
  EMPTY_LAYOUT,
  isFolded,
  placed,
  repathed,
  turned,
  withFold,
  withNote,
  without,
  withoutNote,
} from "./layout";

const language = readLanguage(JSON.parse(readFileSync("../docs/flow.schema.json", "utf8")));
const TEXT = "name: a\ntasks:\n  one: { value: 1 }\n  two: { value: 2 }\n  three: { value: 3 }\n";

let kept: unknown[] = [];

function editor(): FlowEditor {
  kept = [];
  return new Editor(TEXT, language, {
    check: () => new Promise(() => {}),
    keep: () => {},
    keepLayout: (layout) => kept.push(layout),
  });
}

const at = (x: number, y: number) => ({ x, y });
const positions = (made: FlowEditor) => made.snapshot().layout.positions;
const moved = (made: FlowEditor, path: string, x: number, y: number) =>
  made.arrange((layout) => placed(layout, new Map([[path, at(x, y)]])));

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a layout", () => {
  it("follows a name, of a group with all that is in it", () => {
    const layout = placed(withFold(EMPTY_LAYOUT, "g", true), new Map([["g/a", at(1.4, 2)]]));
    expect(repathed(layout, "g", "h")).toMatchObject({ positions: { "h/a": at(1, 2) }, folded: ["h"] });
  });

  it("holds groups open and called flows folded, until a person turns them", () => {
    const [group, flow] = [
      { path: "g", kind: "tasks" },
      { path: "call", kind: "flow" },
    ];
    expect([isFolded(EMPTY_LAYOUT, group), isFolded(EMPTY_LAYOUT, flow)]).toEqual([false, true]);
    const both = turned(turned(EMPTY_LAYOUT, group), flow);
    expect(both).toMatchObject({ folded: ["g"], opened: ["call"] });
    const deeper = turned(both, { path: "call//again", kind: "flow" });
    expect(repathed(deeper, "call", "hello").opened).toEqual(["hello", "hello//again"]);
    expect(without(deeper, ["call"])).toMatchObject({ folded: ["g"], opened: [] });
    expect(turned(turned(both, group), flow)).toMatchObject({ folded: [], opened: [] });
  });

  it("keeps notes by what they are known by", () => {
    const note = { id: "n", x: 0, y: 0, width: 9, height: 9, text: "a" };
    const layout = withNote(withNote(EMPTY_LAYOUT, note), { ...note, text: "b" });
    expect(layout.notes).toEqual([{ ...note, text: "b" }]);
    expect(withoutNote(layout, "n").notes).toEqual([]);
  });
});

describe("moves and edits", () => {
  it("are undone in the order in which they were done", () => {
    const made = editor();
    made.typed([{ from: 0, to: 0, insert: "# x\n" }]);
    moved(made, "one", 1, 1);
    moved(made, "two", 2, 2);
    made.typed([{ from: 0, to: 0, insert: "# y\n" }]);
    made.undo();
    expect(made.snapshot().document.text).toBe(`# x\n${TEXT}`);
    made.undo();
    expect(positions(made)).toEqual({ one: at(1, 1) });
    made.undo();
    made.undo();
    expect([made.snapshot().document.text, positions(made), made.snapshot().canUndo]).toEqual([
      TEXT,
      {},
      false,
    ]);
    for (let step = 0; step < 4; step += 1) made.redo();
    expect(made.snapshot().document.text).toBe(`# y\n# x\n${TEXT}`);
    expect(positions(made)).toEqual({ one: at(1, 1), two: at(2, 2) });
    expect(made.snapshot().canRedo).toBe(false);
  });

  it("forget what was undone once something else is done", () => {
    const made = editor();
    moved(made, "one", 1, 1);
    made.undo();
    made.typed([{ from: 0, to: 0, insert: "# x\n" }]);
    made.undo();
    moved(made, "two", 2, 2);
    expect(made.snapshot().canRedo).toBe(false);
    made.redo();
    expect([made.snapshot().document.text, positions(made)]).toEqual([TEXT, { two: at(2, 2) }]);
  });

  it("of one step are undone together: a name takes its place along", () => {
    const made = editor();
    moved(made, "one", 1, 1);
    rename(made, "one", "first");
    expect(positions(made)).toEqual({ first: at(1, 1) });
    made.undo();
    expect([made.snapshot().document.text, positions(made)]).toEqual([TEXT, { one: at(1, 1) }]);
    made.redo();
    expect(positions(made)).toEqual({ first: at(1, 1) });
  });

  it("know a task that is named anew in the text, letter by letter, and back again", () => {
    const made = editor();
    moved(made, "one", 1, 1);
    moved(made, "gone", 7, 7);
    made.select(["one"]);
    const from = TEXT.indexOf("one");
    const type = (at: number, to: number, insert: string) => made.typed([{ from: at, to, insert }]);
    type(from, from + 3, "");
    expect(made.snapshot().selection).toEqual(["one"]);
    for (const [index, letter] of [..."gone"].entries()) type(from + index, from + index, letter);
    expect(positions(made)).toEqual({ gone: at(1, 1) });
    expect(made.snapshot().selection).toEqual(["gone"]);
    made.undo();
    expect([made.snapshot().document.text, positions(made)]).toEqual([TEXT, { one: at(1, 1) }]);
    made.redo();
    expect(positions(made)).toEqual({ gone: at(1, 1) });
    made.replace(made.snapshot().document.text.replace("gone", "theirs"));
    expect(positions(made)).toEqual({ theirs: at(1, 1) });
  });

  it("leave tasks where they are when a group comes and goes around them", () => {
    const made = editor();
    moved(made, "one", 100, 100);
    moved(made, "two", 300, 160);
    made.select(["one", "two"]);
    expect(groupSelected(made)).toBe("group");
    const { group, "group/one": one, "group/two": two } = positions(made);
    expect([group, one, two]).toEqual([at(88, 68), at(12, 32), at(212, 92)]);
    made.select(["group"]);
    ungroupSelected(made);
    expect(positions(made)).toEqual({ one: at(100, 100), two: at(300, 160) });
  });

  it("into a group are measured from the group", () => {
    const made = editor();
    made.select(["one"]);
    groupSelected(made);
    moved(made, "group", 50, 50);
    moveInto(made, ["two"], "group", { before: positions(made), after: new Map([["group/two", at(5, 6)]]) });
    expect(positions(made)).toMatchObject({ group: at(50, 50), "group/two": at(5, 6) });
    expect(made.snapshot().document.task(["group", "two"])).toBeDefined();
  });

  it("do not keep the places of what is gone, and folding is no step", () => {
    const made = editor();
    moved(made, "one", 1, 1);
    made.select(["one"]);
    removeSelected(made);
    expect(positions(made)).toEqual({});
    made.fold((layout) => withFold(layout, "two", true));
    made.undo();
    expect(positions(made)).toEqual({ one: at(1, 1) });
  });

  it("are kept a moment later, and at the latest when the editor is closed", () => {
    const made = editor();
    moved(made, "one", 1, 1);
    vi.advanceTimersByTime(700);
    expect(kept).toHaveLength(1);
    moved(made, "one", 2, 2);
    made.close();
    expect(kept).toHaveLength(2);
  });
});
