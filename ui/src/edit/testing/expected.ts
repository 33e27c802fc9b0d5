// For tests: what an edit should do to a flow's plain value, found without the tree, by the rules of the format.

import type { Outcome } from "../tasks";

export type Plain = null | boolean | number | string | Plain[] | PlainMap;
export interface PlainMap {
  [key: string]: Plain;
}

export const KINDS = [
  "shell",
  "python",
  "http",
  "sql",
  "value",
  "flow",
  "tasks",
  "wait",
  "approve",
  "notify",
];

export function isMap(value: Plain | undefined): value is PlainMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The map of tasks in a group, or the flow's. */
export function tasksIn(flow: PlainMap, group: readonly string[]): PlainMap {
  let tasks = flow.tasks;
  for (const name of group) {
    const task = isMap(tasks) ? tasks[name] : null;
    tasks = isMap(task) ? task.tasks : null;
  }
  return isMap(tasks) ? tasks : {};
}

export function taskAt(flow: PlainMap, path: readonly string[]): PlainMap {
  const task = tasksIn(flow, path.slice(0, -1))[path.at(-1) ?? ""];
  return isMap(task) ? task : {};
}

/** Every task's path, groups before their tasks. */
export function pathsOf(flow: PlainMap, group: readonly string[] = []): string[][] {
  return Object.entries(tasksIn(flow, group)).flatMap(([name, task]) => {
    const path = [...group, name];
    return isMap(task) && isMap(task.tasks) ? [path, ...pathsOf(flow, path)] : [path];
  });
}

/** Puts entries in the place of one. */
export function replaceKey(map: PlainMap, key: string, entries: readonly (readonly [string, Plain])[]): void {
  const all = Object.entries(map).flatMap((entry) => (entry[0] === key ? entries : [entry]));
  for (const name of Object.keys(map)) delete map[name];
  for (const [name, value] of all) map[name] = value;
}

export function needsOf(task: PlainMap): Map<string, Outcome> {
  const { needs } = task;
  if (Array.isArray(needs)) return new Map(needs.map((name) => [String(name), "succeeded"]));
  return new Map(isMap(needs) ? Object.entries(needs).map(([name, on]) => [name, on as Outcome]) : []);
}

/** A list stays a list while every edge is `succeeded`; a map stays a map. */
export function setNeeds(task: PlainMap, needs: ReadonlyMap<string, Outcome>): void {
  const wasMap = isMap(task.needs) && Object.keys(task.needs).length > 0;
  if (needs.size === 0) {
    delete task.needs;
    delete task.join;
  } else if (wasMap || [...needs.values()].some((on) => on !== "succeeded")) {
    task.needs = Object.fromEntries(needs);
  } else task.needs = [...needs.keys()];
}

/** Calls `change` with every text that may hold expressions, and where it is read. */
export function changeTexts(
  flow: PlainMap,
  change: (text: string, reader: readonly string[]) => string,
): void {
  const inside = (value: Plain, reader: readonly string[]): Plain => {
    if (typeof value === "string") return change(value, reader);
    if (Array.isArray(value)) return value.map((one) => inside(one, reader));
    if (!isMap(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, inside(one, reader)]));
  };
  const tasks = (group: readonly string[]) => {
    for (const [name, task] of Object.entries(tasksIn(flow, group))) {
      if (!isMap(task)) continue;
      const path = [...group, name];
      for (const [key, value] of Object.entries(task)) {
        if (TEMPLATES.includes(key)) task[key] = inside(value, path);
        const parts = isMap(value) ? value : {};
        for (const part of PARTS[key] ?? []) {
          if (part in parts) parts[part] = inside(parts[part] ?? null, path);
        }
      }
      if (isMap(task.tasks)) tasks(path);
    }
  };
  tasks([]);
  for (const key of ["env", "output"]) {
    if (key in flow) flow[key] = inside(flow[key] ?? null, []);
  }
}

/** Where expressions may stand in a task. */
const TEMPLATES = ["env", "value", "when", "http", "for_each", "matrix", "cwd", "notify", "repeat"];
const PARTS: Readonly<Record<string, readonly string[]>> = {
  approve: ["message"],
  python: ["with", "file", "call"],
  shell: ["interpreter", "file"],
  sql: ["parameters", "database"],
  flow: ["parameters"],
  retries: ["when"],
};

/** The group whose task a reader sees under a name; `null`: there is none. */
export function scopeOf(flow: PlainMap, reader: readonly string[], name: string): string[] | null {
  for (let depth = Math.max(0, reader.length - 1); depth >= 0; depth -= 1) {
    const group = reader.slice(0, depth);
    if (name in tasksIn(flow, group)) return group;
  }
  return null;
}

const READ = /tasks((?:\.[A-Za-z_]\w*|\["[A-Za-z_]\w*"\])+)/g;

interface Step {
  readonly name: string;
  readonly text: string;
  /** the task that it names, by its path */
  readonly task: string | null;
}

/** The names of a read, and the tasks that they mean. */
function stepsOf(flow: PlainMap, reader: readonly string[], path: string): Step[] {
  const parts = [...path.matchAll(/\.([A-Za-z_]\w*)|\["([A-Za-z_]\w*)"\]/g)];
  const names = parts.map((part) => part[1] ?? part[2] ?? "");
  const scope = scopeOf(flow, reader, names[0] ?? "");
  let at = scope && [...scope, names[0] ?? ""];
  return names.map((name, index) => {
    if (index > 1 && at) {
      const around = taskAt(flow, at);
      const isOpen =
        names[1] === "output" && isMap(around.tasks) && !("for_each" in around) && !("matrix" in around);
      at = isOpen && name in tasksIn(flow, at) ? [...at, name] : null;
    }
    return { name, text: parts[index]?.[0] ?? "", task: index !== 1 && at ? at.join("/") : null };
  });
}

/** Gives a task another name wherever an expression means it. */
export function renameReads(flow: PlainMap, path: readonly string[], name: string): void {
  const before = structuredClone(flow);
  const changed = (reader: readonly string[], read: string) =>
    stepsOf(before, reader, read)
      .map((step) => (step.task === path.join("/") ? step.text.replace(step.name, name) : step.text))
      .join("");
  changeTexts(flow, (text, reader) =>
    text.replace(/\{\{.*?\}\}/gs, (expression) =>
      expression.replace(READ, (_, read: string) => `tasks${changed(reader, read)}`),
    ),
  );
}

/** Which tasks without inner ones wait for which, through groups, needs and reads: pairs of keys that stay the same. */
export function waits(flow: PlainMap, key: (path: readonly string[]) => string): Set<string> {
  const direct = new Map<string, Set<string>>();
  const leaves = (path: readonly string[]): string[] => {
    if (!isMap(taskAt(flow, path).tasks)) return [path.join("/")];
    const inner = Object.keys(tasksIn(flow, path));
    // An empty group does nothing, but who waits for it waits for what it needs.
    return inner.length === 0 ? [`${path.join("/")}/`] : inner.flatMap((name) => leaves([...path, name]));
  };
  const add = (from: readonly string[], to: readonly string[]) => {
    if (from.join("/").startsWith(`${to.join("/")}/`) || to.join("/").startsWith(`${from.join("/")}/`))
      return;
    for (const one of leaves(from)) {
      const set = direct.get(one) ?? new Set();
      direct.set(one, set);
      for (const other of leaves(to)) set.add(other);
    }
  };
  for (const path of pathsOf(flow)) {
    const siblings = tasksIn(flow, path.slice(0, -1));
    for (const name of needsOf(taskAt(flow, path)).keys()) {
      if (name in siblings) add(path, [...path.slice(0, -1), name]);
    }
  }
  changeTexts(structuredClone(flow), (text, reader) => {
    for (const expression of text.match(/\{\{.*?\}\}/gs) ?? []) {
      for (const [, read = ""] of expression.matchAll(READ)) {
        const to = stepsOf(flow, reader, read)
          .findLast((step) => step.task !== null)
          ?.task?.split("/");
        // That whole groups wait along with their tasks is by the way: what is read is what counts.
        if (to && reader.length > 0 && !isMap(taskAt(flow, reader).tasks)) add(reader, to);
      }
    }
    return text;
  });
  const found = new Set<string>();
  for (const start of direct.keys()) {
    if (start.endsWith("/")) continue;
    const seen = new Set<string>();
    const open = [...(direct.get(start) ?? [])];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (seen.has(at)) continue;
      seen.add(at);
      open.push(...(direct.get(at) ?? []));
    }
    for (const end of [...seen].filter((one) => !one.endsWith("/")))
      found.add(`${key(start.split("/"))} after ${key(end.split("/"))}`);
  }
  return found;
}
