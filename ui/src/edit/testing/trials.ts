// For tests: edits drawn at random, each with the plain value that it should lead to, and the lines that it may touch.

import { parse } from "yaml";
import { addTask } from "../addTask";
import { duplicateTasks } from "../clipboard";
import type { FlowDocument } from "../document";
import type { Draft } from "../draft";
import { removeEdge, setEdge } from "../edge";
import { extentOf } from "../extent";
import type { Json } from "../json";
import { changeKind, setCode } from "../kind";
import { groupTasks, moveTask, ungroup } from "../regroup";
import { removeTasks } from "../removeTasks";
import { renameTask } from "../renameTask";
import type { Outcome } from "../tasks";
import { pathOfTask, setAt, unsetAt } from "../value";
import {
  isMap,
  KINDS,
  needsOf,
  type Plain,
  type PlainMap,
  pathsOf,
  renameReads,
  replaceKey,
  setNeeds,
  taskAt,
  tasksIn,
} from "./expected";
import type { Dice } from "./generatedFlow";

export interface Trial {
  readonly name: string;
  readonly make: (draft: Draft) => void;
  /** changes the value as the edit should; without: only what waits for what, and the tasks' bodies, are compared */
  readonly expect: ((flow: PlainMap) => void) | null;
  /** paths of the tasks whose lines may change; lines with one of the words may, too */
  readonly tasks: readonly (readonly string[])[];
  readonly words: readonly string[];
  /** the group that a task comes into: where it is in braces, its lines may change */
  readonly into?: readonly string[];
  /** top-level keys whose lines may change */
  readonly keys?: readonly string[];
}

type Path = readonly string[];

/** `null` where the flow has nothing for this edit. */
export type Draw = (flow: PlainMap, dice: Dice) => Trial | null;

export const DRAWS: Readonly<Record<string, Draw>> = {
  set: drawSet,
  unset: drawUnset,
  setTop: drawTop,
  rename: drawRename,
  remove: drawRemove,
  add: drawAdd,
  connect: drawConnect,
  disconnect: drawDisconnect,
  code: drawCode,
  kind: drawKind,
  duplicate: drawDuplicate,
  reorder: drawReorder,
  group: drawGroup,
  ungroup: drawUngroup,
  move: drawMove,
};

function pickPath(flow: PlainMap, dice: Dice): string[] {
  return dice.pick(pathsOf(flow));
}

function drawSet(flow: PlainMap, dice: Dice): Trial | null {
  const path = pickPath(flow, dice);
  const [keys, value] = dice.pick<[string[], Json]>([
    [["timeout"], "10m"],
    [["retries", "delay"], "3s"],
    [["retries", "max"], 5],
    [["retries"], { max: 1, jitter: 0.5 }],
    [["env", "NEW"], "{{ run.dir }}/x"],
    [["env"], { X: "other", Z: "a\nb\n" }],
    [["cwd"], 'some "path", of: it'],
    [["tags"], ["one", "new: tag"]],
    [["tags"], []],
    [["description"], "line one\n\n  line two: #\n"],
    [["allow_failure"], true],
    [["when"], "{{ params.days > 1 }}"],
    [["limits"], ["disk"]],
  ]);
  return {
    name: `set ${path.join("/")} ${keys.join(".")}`,
    make: (draft) => setAt(draft, [...pathOfTask(path), ...keys], value),
    expect: (after) => setIn(taskAt(after, path), keys, structuredClone(value) as Plain),
    tasks: [path],
    words: [],
  };
}

function setIn(map: PlainMap, keys: readonly string[], value: Plain): void {
  const [key = "", ...rest] = keys;
  if (rest.length === 0) {
    map[key] = value;
    return;
  }
  const old = map[key];
  if (key === "retries" && typeof old === "number") {
    if (rest[0] === "max") map[key] = value;
    else map[key] = { max: old, [rest[0] ?? ""]: value };
    return;
  }
  const inner = isMap(old) ? old : {};
  map[key] = inner;
  setIn(inner, rest, value);
}

function drawUnset(flow: PlainMap, dice: Dice): Trial | null {
  const path = pickPath(flow, dice);
  const options = Object.keys(taskAt(flow, path)).filter((key) => !KINDS.includes(key) && key !== "needs");
  if (options.length === 0) return null;
  const key = dice.pick(options);
  return {
    name: `unset ${path.join("/")} ${key}`,
    make: (draft) => unsetAt(draft, [...pathOfTask(path), key]),
    expect: (after) => {
      delete taskAt(after, path)[key];
    },
    tasks: [path],
    words: [],
  };
}

function drawTop(_: PlainMap, dice: Dice): Trial {
  const [key, value] = dice.pick<[string, Json]>([
    ["timeout", "1h"],
    ["description", "new\ntext\n"],
    ["concurrency", { limit: 1 }],
    ["tags", ["x"]],
    ["output", "{{ run.id }}"],
  ]);
  return {
    name: `set ${key}`,
    make: (draft) => setAt(draft, [key], value),
    expect: (after) => {
      after[key] = structuredClone(value) as Plain;
    },
    tasks: [],
    words: [],
    keys: [key],
  };
}

function drawRename(flow: PlainMap, dice: Dice): Trial {
  const path = pickPath(flow, dice);
  const name = dice.pick(["renamed", "z9", "_"]);
  const old = path.at(-1) ?? "";
  return {
    name: `rename ${path.join("/")} ${name}`,
    make: (draft) => renameTask(draft, path, name),
    expect: (after) => {
      renameReads(after, path, name);
      renameNeeds(tasksIn(after, path.slice(0, -1)), old, name);
      replaceKey(tasksIn(after, path.slice(0, -1)), old, [[name, taskAt(after, path)]]);
    },
    tasks: [],
    words: [old],
  };
}

function renameNeeds(siblings: PlainMap, old: string, name: string): void {
  for (const task of Object.values(siblings)) {
    if (!isMap(task) || !needsOf(task).has(old)) continue;
    const needs = [...needsOf(task)].map(([one, on]) => [one === old ? name : one, on] as const);
    task.needs = Array.isArray(task.needs) ? needs.map(([one]) => one) : Object.fromEntries(needs);
  }
}

function drawRemove(flow: PlainMap, dice: Dice): Trial | null {
  const path = pickPath(flow, dice);
  const group = path.slice(0, -1);
  const siblings = Object.keys(tasksIn(flow, group));
  const gone = siblings.filter((name) => name === path.at(-1) || dice.chance(0.3));
  return {
    into: group,
    name: `remove ${group.join("/")} ${gone.join(" ")}`,
    make: (draft) =>
      removeTasks(
        draft,
        gone.map((name) => [...group, name]),
      ),
    expect: (after) => {
      const tasks = tasksIn(after, group);
      for (const name of gone) delete tasks[name];
      for (const task of Object.values(tasks)) dropNeeds(task, gone);
    },
    tasks: gone.map((name) => [...group, name]),
    words: ["needs", "join", "tasks", ...gone],
  };
}

function dropNeeds(task: Plain, gone: readonly string[]): void {
  if (!isMap(task)) return;
  const needs = needsOf(task);
  if (!gone.some((name) => needs.has(name))) return;
  setNeeds(task, new Map([...needs].filter(([name]) => !gone.includes(name))));
}

function groupsOf(flow: PlainMap): string[][] {
  return [[], ...pathsOf(flow).filter((path) => isMap(taskAt(flow, path).tasks))];
}

function drawAdd(flow: PlainMap, dice: Dice): Trial {
  const group = dice.pick(groupsOf(flow));
  const siblings = Object.keys(tasksIn(flow, group));
  const after = dice.pick<string | null | undefined>([...siblings, null, undefined]);
  const body = dice.pick<{ [key: string]: Json }>([
    { shell: "ls" },
    { needs: siblings.slice(0, 2), python: "a\nb\n", env: { A: "{{ params.days }}" } },
    { tasks: { one: { wait: "1s" }, two: { needs: ["one"], value: [1, { a: null }] } } },
  ]);
  return {
    into: group,
    name: `add ${group.join("/")} after ${after}`,
    make: (draft) =>
      addTask(draft, after === undefined ? { group } : { group, after }, { name: "added", body }),
    expect: (flowAfter) => {
      const tasks = tasksIn(flowAfter, group);
      const entry = ["added", structuredClone(body) as Plain] as const;
      const at = after === undefined ? siblings.length : after === null ? 0 : siblings.indexOf(after) + 1;
      const all = Object.entries(tasks);
      const next = all[at];
      if (next) replaceKey(tasks, next[0], [entry, next]);
      else tasks[entry[0]] = entry[1];
    },
    tasks: [],
    words: [],
  };
}

function drawConnect(flow: PlainMap, dice: Dice): Trial | null {
  const to = pickPath(flow, dice);
  const siblings = Object.keys(tasksIn(flow, to.slice(0, -1))).filter((name) => name !== to.at(-1));
  if (siblings.length === 0) return null;
  const from = dice.pick(siblings);
  const on = dice.pick<Outcome>(["succeeded", "failed", "finished"]);
  return {
    name: `connect ${from} to ${to.join("/")} ${on}`,
    make: (draft) => setEdge(draft, { from: [...to.slice(0, -1), from], to }, on),
    expect: (after) => setNeeds(taskAt(after, to), needsOf(taskAt(after, to)).set(from, on)),
    tasks: [to],
    words: [],
  };
}

function drawDisconnect(flow: PlainMap, dice: Dice): Trial | null {
  const needing = pathsOf(flow).filter((path) => needsOf(taskAt(flow, path)).size > 0);
  if (needing.length === 0) return null;
  const to = dice.pick(needing);
  const from = dice.pick([...needsOf(taskAt(flow, to)).keys()]);
  return {
    name: `disconnect ${from} from ${to.join("/")}`,
    make: (draft) => removeEdge(draft, { from: [...to.slice(0, -1), from], to }),
    expect: (after) => dropNeeds(taskAt(after, to), [from]),
    tasks: [to],
    words: [],
  };
}

const CODE: Readonly<Record<string, string>> = { shell: "script", python: "code", sql: "query" };

function drawCode(flow: PlainMap, dice: Dice): Trial | null {
  const coded = pathsOf(flow).filter((path) =>
    Object.entries(CODE).some(([kind, key]) => {
      const value = taskAt(flow, path)[kind];
      return typeof value === "string" || (isMap(value) && key in value);
    }),
  );
  if (coded.length === 0) return null;
  const path = dice.pick(coded);
  const code = dice.pick([
    "one line",
    "a: b # c\n",
    "if x:\n  y\n\nz\n",
    "  lead\nrest",
    "",
    "tab\there\n\ttab\n",
  ]);
  return {
    name: `code ${path.join("/")}`,
    make: (draft) => setCode(draft, path, code),
    expect: (after) => {
      const task = taskAt(after, path);
      const kind = Object.keys(task).find((key) => key in CODE) ?? "";
      const inner = task[kind];
      if (isMap(inner)) inner[CODE[kind] ?? ""] = code;
      else task[kind] = code;
    },
    tasks: [path],
    words: [],
  };
}

function drawKind(flow: PlainMap, dice: Dice): Trial {
  const path = pickPath(flow, dice);
  const [kind, value] = dice.pick<[string, Json]>([
    ["wait", "1s"],
    ["python", "return 1\n"],
    ["http", { url: "https://x.org", headers: { A: "b" }, method: "POST" }],
    ["tasks", { inner: { shell: "ls" } }],
  ]);
  return {
    name: `kind ${path.join("/")} ${kind}`,
    make: (draft) => changeKind(draft, path, kind, value),
    expect: (after) => {
      const task = taskAt(after, path);
      const old = Object.keys(task).find((key) => KINDS.includes(key)) ?? "";
      replaceKey(task, old, [[kind, structuredClone(value) as Plain]]);
    },
    tasks: [path],
    words: [],
  };
}

function drawDuplicate(flow: PlainMap, dice: Dice): Trial {
  const path = pickPath(flow, dice);
  const group = path.slice(0, -1);
  const old = path.at(-1) ?? "";
  const taken = Object.keys(tasksIn(flow, group));
  const base = old.replace(/_\d+$/, "");
  let name = `${base}_2`;
  for (let number = 3; taken.includes(name); number += 1) name = `${base}_${number}`;
  return {
    into: group,
    name: `duplicate ${path.join("/")}`,
    make: (draft) => duplicateTasks(draft, [path]),
    expect: (after) => {
      const known = new Set(Object.keys(tasksIn(after, group)));
      // What the copy says of itself is the only thing that is not the original's.
      const copy = { tasks: { [old]: structuredClone(taskAt(after, path)) } };
      const body = taskAt(copy, [old]);
      const gone = [...needsOf(body).keys()].filter((one) => !known.has(one));
      dropNeeds(body, gone);
      renameReads(copy, [old], name);
      replaceKey(tasksIn(after, group), old, [
        [old, taskAt(after, path)],
        [name, taskAt(copy, [old])],
      ]);
    },
    tasks: [],
    words: [],
  };
}

function drawReorder(flow: PlainMap, dice: Dice): Trial {
  const path = pickPath(flow, dice);
  const group = path.slice(0, -1);
  const name = path.at(-1) ?? "";
  const siblings = Object.keys(tasksIn(flow, group));
  const after = dice.pick<string | null>([...siblings, null]);
  return {
    into: group,
    name: `reorder ${path.join("/")} after ${after}`,
    make: (draft) => moveTask(draft, path, { group, after }),
    expect: (flowAfter) => {
      if (after === name) return;
      const tasks = tasksIn(flowAfter, group);
      const others = Object.entries(tasks).filter(([one]) => one !== name);
      const at = after === null ? 0 : others.findIndex(([one]) => one === after) + 1;
      const all = others.toSpliced(at, 0, [name, tasks[name] ?? null]);
      for (const one of Object.keys(tasks)) delete tasks[one];
      for (const [one, value] of all) tasks[one] = value;
    },
    tasks: [path],
    words: [],
  };
}

function drawGroup(flow: PlainMap, dice: Dice): Trial {
  const path = pickPath(flow, dice);
  const group = path.slice(0, -1);
  const siblings = Object.keys(tasksIn(flow, group));
  const members = siblings.filter((name) => name === path.at(-1) || dice.chance(0.4));
  const paths = members.map((name) => [...group, name]);
  return {
    into: group,
    name: `group ${group.join("/")} ${members.join(" ")}`,
    make: (draft) => groupTasks(draft, paths, "grouped"),
    expect: null,
    tasks: paths,
    words: ["needs", "join", "tasks", ...members],
  };
}

function drawUngroup(flow: PlainMap, dice: Dice): Trial | null {
  const groups = groupsOf(flow).slice(1);
  if (groups.length === 0) return null;
  const path = dice.pick(groups);
  return {
    into: path.slice(0, -1),
    name: `ungroup ${path.join("/")}`,
    make: (draft) => ungroup(draft, path),
    expect: null,
    tasks: [path],
    words: ["needs", "join", path.at(-1) ?? ""],
  };
}

function drawMove(flow: PlainMap, dice: Dice): Trial | null {
  const path = pickPath(flow, dice);
  const groups = groupsOf(flow).filter((group) => group.join("/") !== path.slice(0, -1).join("/"));
  if (groups.length === 0) return null;
  const group = dice.pick(groups);
  return {
    into: group,
    name: `move ${path.join("/")} to ${group.join("/")}`,
    make: (draft) => moveTask(draft, path, { group }),
    expect: null,
    tasks: [path],
    words: ["needs", "join", "tasks", path.at(-1) ?? "", group.at(-1) ?? "tasks"],
  };
}

/** The lines that an edit may touch, by number. */
export function allowedLines(document: FlowDocument, { tasks, words, keys, into }: Trial): Set<number> {
  const { text } = document;
  const lines = text.split("\n");
  const allowed = new Set<number>();
  const lineOf = (at: number) => text.slice(0, at).split("\n").length - 1;
  const allow = (from: number, to: number) => {
    for (let line = lineOf(from); line <= lineOf(Math.max(from, to - 1)); line += 1) allowed.add(line);
  };
  const around = into && document.tasksIn(into);
  if (around?.flow) allow(around.from, around.to);
  for (const path of tasks) allowPart(document, path, allow);
  if (words.includes("needs")) allowNeeds(document, allow);
  const { root } = document;
  for (const [at, entry] of root?.kind === "map" ? root.entries.entries() : []) {
    const extent = root?.kind === "map" && !root.flow ? extentOf(text, root, at) : null;
    if (keys?.includes(entry.name)) allow(extent?.lead ?? 0, extent?.to ?? text.length);
  }
  for (const [number, line] of lines.entries()) {
    if (line.trim() === "" || words.some((word) => line.includes(word))) allowed.add(number);
  }
  return allowed;
}

/** The lines of `needs` and `join`, whatever stands between their begin and end. */
function allowNeeds(document: FlowDocument, allow: (from: number, to: number) => void): void {
  for (const path of pathsOf(parse(document.text))) {
    const body = document.task(path)?.value;
    if (body?.kind !== "map") continue;
    for (const [at, entry] of body.entries.entries()) {
      if (entry.name !== "needs" && entry.name !== "join") continue;
      const extent = body.flow ? null : extentOf(document.text, body, at);
      allow(extent?.lead ?? entry.start, extent?.to ?? entry.value.to);
    }
  }
}

function allowPart(document: FlowDocument, path: Path, allow: (from: number, to: number) => void): void {
  const tasks = document.tasksIn(path.slice(0, -1));
  const entry = document.task(path);
  if (!tasks || !entry) return;
  const extent = tasks.flow ? null : extentOf(document.text, tasks, tasks.entries.indexOf(entry));
  allow(extent?.lead ?? entry.start, extent?.to ?? entry.value.to);
}
