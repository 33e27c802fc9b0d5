// What "Do it for me" does to the flow: each step as one edit, to be undone as any other.

import type { FlowEditor } from "../build/context";
import { addTaskFor, connect } from "../build/edits";
import { isUnstyled, setValue } from "../build/fields/place";
import { codeAt } from "../edit/kind";
import { setAt } from "../edit/value";
import { LEAST_TASKS, type Made, type StepId } from "./steps";

/** What the guide suggests for the tasks, in the order in which they come. */
export const SUGGESTED = [
  { name: "hello", command: "echo hello" },
  { name: "time", command: "date" },
  { name: "alarm", command: "echo it failed" },
] as const;

/** How often a task is tried again where no other one could be added. */
const RETRIES = 2;

/** The task whose command is to be written next. */
export function unwritten(made: Made): string | null {
  return made.tasks.find((task) => !task.written)?.name ?? null;
}

/** Does the step for the person, as far as it is an edit of the flow. */
export function doStep(step: StepId, made: Made, editor: FlowEditor): void {
  const [first, second] = made.tasks;
  const empty = unwritten(made);
  if (step === "add") add(editor, 0, "");
  else if (empty !== null && step !== "connect") write(editor, made, empty);
  else if (step === "second") add(editor, 1, SUGGESTED[1].command);
  else if (step === "connect" && first && second) connect(editor, first.name, second.name, "succeeded");
  else if (step === "failure" && first) catchFailure(editor, made, first.name);
}

/** Whether it can be done for them: what is wrong with a task that is no code, only they know. */
export function isDoable(step: StepId, made: Made, editor: FlowEditor): boolean {
  if (editor.snapshot().document.failure !== null) return false;
  const empty = unwritten(made);
  if (empty === null || !["command", "second", "failure"].includes(step)) return true;
  const { document } = editor.snapshot();
  return document.task([empty])?.value.kind === "map" && codeAt(document, [empty]) !== null;
}

function add(editor: FlowEditor, at: 0 | 1, command: string): void {
  // What is selected would draw it into its group.
  editor.select([]);
  addTaskFor(editor, { from: null, at: null }, SUGGESTED[at].name, { shell: command });
}

function write(editor: FlowEditor, made: Made, name: string): void {
  const at = made.tasks.findIndex((task) => task.name === name);
  const { command } = SUGGESTED[Math.min(at, SUGGESTED.length - 1)] ?? SUGGESTED[0];
  const { document } = editor.snapshot();
  const path = codeAt(document, [name]);
  if (!path) return;
  const code = path.includes("python") ? `print("${name}")` : command;
  const setting = { excluded: [], restyled: isUnstyled(document, path) };
  editor.edit((draft) => setValue(draft, path, code, setting));
  editor.select([name]);
}

function catchFailure(editor: FlowEditor, made: Made, first: string): void {
  if (made.tasks.length < LEAST_TASKS) {
    const { name, command } = SUGGESTED[2];
    addTaskFor(editor, { from: { path: first, on: "failed" }, at: null }, name, { shell: command });
  } else editor.edit((draft) => setAt(draft, ["tasks", first, "retries"], RETRIES));
}
