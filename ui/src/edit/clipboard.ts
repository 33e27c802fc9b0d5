// Tasks as YAML text: copied, pasted, duplicated.

import { insertTasks, type TaskPlace } from "./addTask";
import type { NewPart } from "./collection";
import { childrenOf, FlowDocument, type TaskPath } from "./document";
import { Draft, Refused, type Span } from "./draft";
import { isJsonMap, toJson } from "./json";
import { freeName } from "./name";
import { changeNeeds } from "./needs";
import { checkReads, readersOf } from "./reads";
import { taskAt } from "./removeTasks";
import { renameTask } from "./renameTask";
import { type Task, tasksOf } from "./tasks";
import { entryOf, type MapNode, type Node } from "./tree";
import { inline, taskLines } from "./writer";
import { writtenTask } from "./written";

/** The tasks as the text of a map, in the order of the file; what aliases repeat is written out. */
export function copyTasks(document: FlowDocument, paths: readonly TaskPath[]): string {
  const graph = tasksOf(document);
  const chosen = new Set(paths.map((path) => graph.find(path)).filter((task) => task !== null));
  const isInside = (task: Task | null): boolean =>
    task !== null && (chosen.has(task) || isInside(task.parent));
  const outermost = graph.all.filter((task) => chosen.has(task) && !isInside(task.parent));
  const taken = new Set<string>();
  const blocks = outermost.map((task) => {
    const name = freeName(task.name, taken);
    taken.add(name);
    return blockOf(document, task, name);
  });
  return blocks.map((lines) => `${lines.join("\n")}\n`).join("\n");
}

function blockOf(document: FlowDocument, task: Task, name: string): readonly string[] {
  const entry = document.task(task.path);
  const nodes = nodesIn(entry?.value ?? null);
  const hasTies = nodes.some((node) => node.kind === "alias" || node.anchor !== null);
  const body = entry ? toJson(document, entry.value) : null;
  const isAnywhereInFlow = document.tasksIn(task.path.slice(0, -1))?.flow ?? false;
  if ((hasTies || isAnywhereInFlow) && isJsonMap(body)) return taskLines(name, body, 0, document.style);
  const lines = writtenTask(document, task.path).lines(0);
  if (name === task.name) return lines;
  const alone = new FlowDocument(
    `tasks:\n${lines.map((line) => `  ${line}`).join("\n")}\n`,
    document.language,
  );
  const draft = new Draft(alone);
  renameTask(draft, [task.name], name);
  return writtenTask(draft.document, [name]).lines(0);
}

/** Puts in tasks from text: a map of tasks, a task's body alone, or a whole flow. Names are made free. */
export function pasteTasks(draft: Draft, place: TaskPlace, text: string): void {
  const { document } = draft;
  const clip = clipOf(document, text);
  const siblings = new Set(document.tasksIn(place.group)?.entries.map((entry) => entry.name));
  const names = renameAll(clip, siblings);
  dropNeeds(clip, draft, siblings);
  const parts: NewPart[] = names.map((name) => writtenTask(clip.document, [name]));
  insertTasks(draft, place, parts);
  const paths = names.map((name) => [...place.group, name]);
  draft.note(
    paths.flatMap((path) => {
      const task = tasksOf(draft.document).find(path);
      return task ? readersOf(draft.document, new Set([task])).filter((note) => note.kind === "code") : [];
    }),
  );
  checkReads(document, draft.document, names);
  draft.name(...paths);
}

/** The pasted text as a flow of its own. */
function clipOf(document: FlowDocument, text: string): Draft {
  const { language } = document;
  const whole = new FlowDocument(text.replace(/\r\n/g, "\n").replace(/^\s*\n/, ""), language);
  if (whole.failure) throw new Refused("not-yaml", `the pasted text is not YAML: ${whole.failure.message}`);
  const root = whole.root;
  if (root?.kind !== "map")
    throw new Refused("not-yaml", "the pasted text is neither a task nor a map of tasks");
  const keys = root.entries.map((entry) => entry.name);
  if (isBody(whole, root))
    return tied(wrapped(whole, [keys.find((key) => language.kinds.has(key)) ?? "task"]));
  const tasks = entryOf(root, "tasks");
  const draft = tasks?.value.kind === "map" && isFlow(whole, keys) ? new Draft(whole) : wrapped(whole, []);
  return tied(draft);
}

/** Whether the keys are those of one task. */
function isBody({ language }: FlowDocument, root: MapNode): boolean {
  const keys = root.entries.map((entry) => entry.name);
  const kinds = keys.filter((key) => language.kinds.has(key));
  const known = keys.every((key) => language.kinds.has(key) || language.options.has(key));
  if (!known || kinds.length !== 1) return false;
  // A task may be called as a kind is: then a task stands in it.
  const inner = keys.length === 1 ? root.entries[0]?.value : undefined;
  if (kinds[0] !== "tasks" && inner?.kind === "map" && hasOneKind(language, inner)) return false;
  // `tasks` alone is a flow's.
  return kinds[0] !== "tasks" || keys.length > 1;
}

function hasOneKind({ kinds, options }: FlowDocument["language"], { entries }: MapNode): boolean {
  const own = entries.filter(({ name }) => kinds.has(name));
  return own.length === 1 && entries.every(({ name }) => kinds.has(name) || options.has(name));
}

function isFlow({ language }: FlowDocument, keys: readonly string[]): boolean {
  return keys.every((key) => key === "tasks" || language.root.property(key) !== language.root.property("\0"));
}

/** The text set below `tasks`, and a name if it has none. */
function wrapped({ text, language, root }: FlowDocument, names: readonly string[]): Draft {
  const heads = ["tasks", ...names];
  if (root?.kind === "map" && root.flow) {
    const inner = names.length > 0 ? `{ ${names[0]}: ${text.trim()} }` : text.trim();
    return new Draft(new FlowDocument(`tasks: ${inner}\n`, language));
  }
  const head = heads.map((key, at) => `${"  ".repeat(at)}${key}:\n`).join("");
  const indent = "  ".repeat(heads.length);
  const body = text.replace(/^(?=[^\n])/gm, indent);
  const document = new FlowDocument(`${head}${body}${body.endsWith("\n") ? "" : "\n"}`, language);
  if (document.failure)
    throw new Refused("not-yaml", `the pasted text is not YAML: ${document.failure.message}`);
  return new Draft(document);
}

/** Writes out what aliases repeat, and takes the anchors away: their names may mean something else in this file. */
function tied(draft: Draft): Draft {
  const { document } = draft;
  const nodes = nodesIn(document.root);
  const aliases = nodes.filter((node) => node.kind === "alias");
  const anchors = nodes.filter((node) => node.anchor !== null);
  draft.splice([
    ...aliases.map((alias) => ({ from: alias.from, to: alias.to, insert: writtenOut(document, alias) })),
    ...anchors.map((node) => ({ ...anchorAt(document, node), insert: "" })),
  ]);
  return draft;
}

/** The anchor of a node, and the spaces behind it. */
function anchorAt({ text }: FlowDocument, { start, from, anchor }: Node): Span {
  const at = start + Math.max(0, text.slice(start, from).indexOf(`&${anchor}`));
  return { from: at, to: at + (/^&\S+ */.exec(text.slice(at, from))?.[0].length ?? 0) };
}

/** On one line, as JSON is: that is YAML wherever an alias can stand. */
function writtenOut(document: FlowDocument, alias: Node): string {
  if (!document.resolve(alias)) {
    throw new Refused(
      "anchored",
      `the pasted text repeats \`${document.source(alias)}\`, which is not in it`,
    );
  }
  return inline(toJson(document, alias), document.style);
}

function nodesIn(node: Node | null): Node[] {
  return node ? [node, ...childrenOf(node).flatMap(nodesIn)] : [];
}

/** Gives every pasted task a name that is free; what the pasted ones say of each other follows. */
function renameAll(clip: Draft, siblings: ReadonlySet<string>): string[] {
  const tasks = tasksOf(clip.document).top;
  if (tasks.length === 0) throw new Refused("unknown", "there is no task in the pasted text");
  const taken = new Set([...siblings, ...tasks.map((task) => task.name)]);
  return tasks.map(({ name }) => {
    if (!siblings.has(name)) return name;
    const free = freeName(name, taken);
    taken.add(free);
    renameTask(clip, [name], free);
    return free;
  });
}

/** Needs of what is neither pasted nor there already go; the studio shows which. */
function dropNeeds(clip: Draft, draft: Draft, siblings: ReadonlySet<string>): void {
  const pasted = new Set(tasksOf(clip.document).top.map((task) => task.name));
  for (const { path, needs } of tasksOf(clip.document).top) {
    const gone = needs.map((need) => need.name).filter((name) => !pasted.has(name) && !siblings.has(name));
    if (gone.length === 0) continue;
    changeNeeds(clip, path, { remove: new Set(gone) });
    draft.note(gone.map((name) => ({ kind: "dropped-need", task: path, name, from: 0, to: 0 })));
  }
}

/** Puts a copy of the tasks behind the last of them, in its group. */
export function duplicateTasks(draft: Draft, paths: readonly TaskPath[]): void {
  const tasks = paths.map((path) => taskAt(draft, path));
  const parent = tasks[0]?.parent ?? null;
  if (tasks.length === 0) throw new Refused("unknown", "no task is selected");
  if (tasks.some((task) => task.parent !== parent)) {
    throw new Refused("cannot-keep", "the tasks do not stand in one group");
  }
  const last = tasksOf(draft.document)
    .siblings(parent)
    .findLast((task) => tasks.includes(task));
  const text = copyTasks(draft.document, paths);
  pasteTasks(draft, { group: parent?.path ?? [], after: last?.name ?? null }, text);
}
