import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { FlowDocument } from "./document";
import { readLanguage } from "./language";
import { renamedTasks } from "./renamed";

const language = readLanguage(JSON.parse(readFileSync("../docs/flow.schema.json", "utf8")));
const TEXT = `name: a
tasks:
  one: { value: 1 }
  two:
    tasks:
      x: { value: 2 }
      y: { value: 3 }
  three: { value: 4 }
`;

function renamed(after: string, before = TEXT): string[] | null {
  const old = new FlowDocument(before, language);
  const found = renamedTasks(old, old.next(after));
  return found?.map(({ from, to }) => `${from.join("/")} → ${to.join("/")}`) ?? null;
}

it("knows a task by its place when its name is typed anew", () => {
  expect(renamed(TEXT.replace("one:", "on:"))).toEqual(["one → on"]);
  expect(renamed(TEXT.replace("one: { value: 1 }", "first: { shell: ls }"))).toEqual(["one → first"]);
});

it("knows tasks by what stands in them, wherever that is by now", () => {
  const moved = TEXT.replace("  one: { value: 1 }\n", "").replace("three:", "third:");
  expect(renamed(`${moved}  first: { value: 1 }\n`)).toEqual(["one → first", "three → third"]);
});

it("knows what is in a group whose name is another one too", () => {
  expect(renamed(TEXT.replace("two:", "2nd:").replace("x:", "z:"))).toEqual(["two → 2nd", "2nd/x → 2nd/z"]);
  expect(renamed(TEXT.replace("y:", "z:"))).toEqual(["two/y → two/z"]);
});

it("takes nothing for another name where tasks came or went", () => {
  expect(renamed(`${TEXT}  four: { value: 5 }\n`)).toEqual([]);
  expect(renamed(TEXT.replace("  one: { value: 1 }\n", ""))).toEqual([]);
  const twice = TEXT.replace("value: 4", "value: 1");
  const others = twice.replace("one:", "a:").replace("three:", "b:");
  expect(renamed(others, twice)).toEqual([]);
});

it("waits for a name that is not typed yet", () => {
  expect(renamed(TEXT.replace("one:", ":"))).toBeNull();
});
