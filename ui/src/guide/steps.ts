// The steps of the guide, and which of them are done: the flow and its newest run say so.

import type { Diagnostic, Graph, StateType } from "../api/types";
import type { FlowDocument } from "../edit/document";
import { toJson } from "../edit/json";
import { codeAt } from "../edit/kind";
import { tasksOf } from "../edit/tasks";
import { slotAt } from "../edit/value";

export const STEPS = [
  { id: "add", title: "Add a task" },
  { id: "command", title: "Write its command" },
  { id: "second", title: "Add a second task" },
  { id: "connect", title: "Connect the two" },
  { id: "failure", title: "Say what happens on failure" },
  { id: "save", title: "Save" },
  { id: "run", title: "Run" },
  { id: "log", title: "Read the log" },
] as const;

export type StepId = (typeof STEPS)[number]["id"];

/** What there is of the flow. */
export interface Made {
  /** tasks of the flow itself, in the order of the file */
  readonly tasks: readonly { readonly name: string; readonly written: boolean }[];
  /** whether a task waits for another one */
  readonly connected: boolean;
  /** whether something is said for a task that fails: a retry, or an edge that opens then */
  readonly caught: boolean;
  readonly isSaved: boolean;
  /** whether the engine would run it */
  readonly runs: boolean;
}

/** The newest run of the flow as its file is. */
export interface NewestRun {
  readonly id: string;
  readonly type: StateType;
}

export function madeOf(
  document: FlowDocument,
  graph: Graph | null,
  problems: readonly Diagnostic[],
  isSaved: boolean,
): Made {
  const { top } = tasksOf(document);
  const broken = new Set(
    graph?.nodes.filter((node) => node.problems.some(isError)).map((node) => node.path) ?? [],
  );
  const needs = top.flatMap((task) => task.needs);
  return {
    tasks: top.map(({ name }) => ({ name, written: !broken.has(name) && !isEmpty(document, name) })),
    connected:
      needs.some(({ on }) => on !== "failed") || (graph?.edges.some((edge) => edge.implied) ?? false),
    caught: needs.some(({ on }) => on === "failed") || top.some((task) => task.has("retries")),
    isSaved,
    runs: document.failure === null && !problems.some(isError),
  };
}

function isError({ severity }: Diagnostic): boolean {
  return severity === "error";
}

/** Whether its code is still to be written. */
function isEmpty(document: FlowDocument, name: string): boolean {
  if (document.task([name])?.value.kind !== "map") return false;
  const path = codeAt(document, [name]);
  const code = path && slotAt(document, path);
  if (!code) return false;
  const value = toJson(document, code.value);
  return value === null || (typeof value === "string" && value.trim() === "");
}

/** How many tasks the flow of the guide has at least. */
export const LEAST_TASKS = 3;

/** The first step that is not done; `null`: all are. */
export function currentStep(made: Made, run: NewestRun | null, read: string | null): StepId | null {
  const written = made.tasks.filter((task) => task.written).length;
  if (made.tasks.length === 0) return "add";
  if (written === 0) return "command";
  if (written < 2) return "second";
  if (!made.connected) return "connect";
  if (!made.caught || made.tasks.length < LEAST_TASKS || made.tasks.some((task) => !task.written))
    return "failure";
  if (!made.isSaved) return "save";
  if (run?.type !== "completed") return "run";
  return read === run.id ? null : "log";
}
