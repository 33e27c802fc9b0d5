import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import type { FlowEditor } from "../build/context";
import { Editor } from "../build/editor";
import { readLanguage } from "../edit/language";
import { doStep, isDoable } from "./doStep";
import { currentStep, type Made, madeOf, type StepId } from "./steps";

const language = readLanguage(JSON.parse(readFileSync("../docs/flow.schema.json", "utf8")));

function editorOf(text: string): FlowEditor {
  return new Editor(text, language, { check: () => new Promise(() => {}), keep: () => {} });
}

const madeBy = (editor: FlowEditor): Made => madeOf(editor.snapshot().document, null, [], true);
const at = (editor: FlowEditor): StepId | null => currentStep(madeBy(editor), null, null);
const textOf = (editor: FlowEditor) => editor.snapshot().document.text;

/** Does the step that comes next; the one that came next then. */
function next(editor: FlowEditor): StepId | null {
  const step = at(editor);
  if (step !== null) doStep(step, madeBy(editor), editor);
  return at(editor);
}

it("does every step as one edit that can be undone", () => {
  const editor = editorOf("name: a\n");
  const texts: string[] = [];
  for (const after of ["command", "second", "connect", "failure", "run"]) {
    texts.push(textOf(editor));
    expect(next(editor)).toBe(after);
  }
  for (const text of texts.reverse()) {
    editor.undo();
    expect(textOf(editor)).toBe(text);
  }
});

it("finishes what the person began, and keeps it", () => {
  const began = editorOf('name: a\ntasks:\n  mine: { shell: uptime }\n  yours: { python: "" } # soon\n');
  expect(next(began)).toBe("connect");
  expect(textOf(began)).toContain("mine: { shell: uptime }\n");
  expect(textOf(began)).toMatch(/yours: \{ python: .*print.*yours.* \} # soon/);
  expect(next(began)).toBe("failure");
  expect(next(began)).toBe("run");
});

it("gives a retry where three tasks are there and nothing is said of failure", () => {
  const editor = editorOf(
    "name: a\ntasks:\n  a: { shell: date }\n  b: { shell: date, needs: [a] }\n  c: { shell: date }\n",
  );
  expect(at(editor)).toBe("failure");
  expect(next(editor)).toBe("run");
  expect(textOf(editor)).toContain("a: { shell: date, retries: 2 }");
});

it("leaves to the person what nobody else can write", () => {
  const offers = (text: string, step: StepId) => {
    const editor = editorOf(text);
    return isDoable(step, madeBy(editor), editor);
  };
  expect(offers("name: a\n", "add")).toBe(true);
  expect(offers("name: {", "add")).toBe(false);
  const broken = editorOf("name: a\ntasks:\n  a: { http: { url: '' } }\n");
  const made = { ...madeBy(broken), tasks: [{ name: "a", written: false }] };
  expect(isDoable("command", made, broken)).toBe(false);
});
