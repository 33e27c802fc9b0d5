// The tasks of a document as an edit looks at them: who needs whom, and who reads whom in expressions and code.

import type { FlowDocument, TaskPath } from "./document";
import type { Span } from "./draft";
import { toJson } from "./json";
import type { Shape } from "./language";
import { type Expression, expressionsIn, type Mention, type Name } from "./mention";
import { type Entry, entryOf, type Node, ShiftedEntry } from "./tree";

export type Outcome = "succeeded" | "failed" | "finished";

export interface Need extends Span {
  readonly name: string;
  readonly on: Outcome;
}

/** What stands in a task, places counted from some begin. */
interface Facts {
  readonly name: string;
  readonly keys: readonly string[];
  readonly joinsAny: boolean;
  readonly needs: readonly Need[];
  readonly expressions: readonly Expression[];
  /** names of tasks in `inputs["…"]` of Python code */
  readonly inputs: readonly Name[];
  readonly inner: readonly Facts[] | null;
}

export class Task {
  readonly parent: Task | null;
  readonly path: TaskPath;
  readonly inner: readonly Task[];
  private readonly facts: Facts;
  private readonly by: number;
  private movedNeeds: readonly Need[] | null = null;
  private movedExpressions: readonly Expression[] | null = null;

  constructor(facts: Facts, by: number, parent: Task | null) {
    this.facts = facts;
    this.by = by;
    this.parent = parent;
    this.path = [...(parent?.path ?? []), facts.name];
    this.inner = (facts.inner ?? []).map((one) => new Task(one, by, this));
  }

  get name(): string {
    return this.facts.name;
  }

  get isGroup(): boolean {
    return this.facts.inner !== null;
  }

  /** Whether its output is a list, one item a run. */
  get isMapped(): boolean {
    return this.has("for_each") || this.has("matrix");
  }

  get joinsAny(): boolean {
    return this.facts.joinsAny;
  }

  get keys(): readonly string[] {
    return this.facts.keys;
  }

  has(key: string): boolean {
    return this.facts.keys.includes(key);
  }

  get needs(): readonly Need[] {
    this.movedNeeds ??= this.facts.needs.map((need) => moved(need, this.by));
    return this.movedNeeds;
  }

  get expressions(): readonly Expression[] {
    this.movedExpressions ??= this.facts.expressions.map((one) => movedExpression(one, this.by));
    return this.movedExpressions;
  }

  get inputs(): readonly Name[] {
    return this.facts.inputs.map((input) => moved(input, this.by));
  }

  /** Whether its own expressions, or its code, may name this task. */
  mayName(name: string): boolean {
    const { expressions, inputs } = this.facts;
    return (
      inputs.some((input) => input.name === name) ||
      expressions.some(
        ({ mentions, others }) =>
          others.some((other) => other.name === name) || mentions.some(({ path }) => path.includes(name)),
      )
    );
  }
}

function moved<T extends Span>(span: T, by: number): T {
  return { ...span, from: span.from + by, to: span.to + by };
}

function movedExpression(expression: Expression, by: number): Expression {
  return {
    ...moved(expression, by),
    mentions: expression.mentions.map(({ path, spans }) => ({
      path,
      spans: spans.map((span) => moved(span, by)),
    })),
    others: expression.others.map((other) => moved(other, by)),
  };
}

/** All tasks, and what the flow itself reads. */
export class TaskGraph {
  readonly top: readonly Task[];
  /** every task, a group before its inner ones */
  readonly all: readonly Task[];
  /** expressions outside of tasks */
  readonly expressions: readonly Expression[];
  private readonly names = new Map<Task | null, ReadonlyMap<string, Task>>();

  constructor(document: FlowDocument) {
    const reader = new FactReader(document);
    const tasks = document.tasksIn([])?.entries ?? [];
    this.top = tasks.map((entry) => reader.task(entry));
    this.all = this.top.flatMap(withInner);
    this.expressions = reader.flow();
  }

  siblings(parent: Task | null): readonly Task[] {
    return parent ? parent.inner : this.top;
  }

  find(path: TaskPath): Task | null {
    let found: Task | null = null;
    for (const name of path) {
      found = this.named(found, name);
      if (!found) return null;
    }
    return found;
  }

  /** The task of this name in a group, or in the flow. */
  named(parent: Task | null, name: string): Task | null {
    let names = this.names.get(parent);
    if (!names) {
      names = new Map(this.siblings(parent).map((task) => [task.name, task]));
      this.names.set(parent, names);
    }
    return names.get(name) ?? null;
  }

  /** The task that a name stands for where `reader` reads it: the inner name hides the outer one. */
  visible(reader: Task | null, name: string): Task | null {
    let around = reader?.parent ?? null;
    for (;;) {
      const found = this.named(around, name);
      if (found) return found;
      if (!around) return null;
      around = around.parent;
    }
  }

  /** The tasks that a mention names, each with its place in the path; more than one where it reads inside of a group. */
  chain(reader: Task | null, { path }: Mention): readonly Link[] {
    const name = path[1];
    const first = name === undefined ? null : this.visible(reader, name);
    if (!first) return [];
    const links: Link[] = [{ task: first, index: 1 }];
    if (path[2] !== "output") return links;
    let last = first;
    for (let index = 3; last.isGroup && !last.isMapped; index += 1) {
      const inner = this.named(last, path[index] ?? "");
      if (!inner) break;
      links.push({ task: inner, index });
      last = inner;
    }
    return links;
  }

  /** Every reader with its expressions; `null`: the flow itself. */
  *readers(): Iterable<readonly [Task | null, readonly Expression[]]> {
    yield [null, this.expressions];
    for (const task of this.all) yield [task, task.expressions];
  }
}

export interface Link {
  readonly task: Task;
  readonly index: number;
}

function withInner(task: Task): Task[] {
  return [task, ...task.inner.flatMap(withInner)];
}

const graphs = new WeakMap<FlowDocument, TaskGraph>();

export function tasksOf(document: FlowDocument): TaskGraph {
  let graph = graphs.get(document);
  if (!graph) {
    graph = new TaskGraph(document);
    graphs.set(document, graph);
  }
  return graph;
}

/** What was read of a part of the file, as long as the part stays the same. */
const knownFacts = new WeakMap<Entry, Facts>();
const knownExpressions = new WeakMap<Entry, readonly Expression[]>();

class FactReader {
  private readonly document: FlowDocument;
  private readonly shape: Shape;

  constructor(document: FlowDocument) {
    this.document = document;
    this.shape = document.language.task;
  }

  task(entry: Entry): Task {
    if (!(entry instanceof ShiftedEntry) || !this.document.anchors.isEmpty)
      return new Task(this.read(entry, 0), 0, null);
    let facts = knownFacts.get(entry.origin);
    if (!facts) {
      facts = this.read(entry.origin, entry.by);
      knownFacts.set(entry.origin, facts);
    }
    return new Task(facts, entry.by, null);
  }

  flow(): Expression[] {
    const { root, language, anchors } = this.document;
    if (root?.kind !== "map") return [];
    return root.entries.flatMap((entry) => {
      if (entry.name === "tasks") return [];
      const shape = language.root.property(entry.name);
      if (!(entry instanceof ShiftedEntry) || !anchors.isEmpty)
        return this.expressions(entry.value, shape, 0);
      let found = knownExpressions.get(entry.origin);
      if (!found) {
        found = this.expressions(entry.origin.value, shape, entry.by);
        knownExpressions.set(entry.origin, found);
      }
      return found.map((one) => movedExpression(one, entry.by));
    });
  }

  /** `by`: how far the node's places are from the text's. */
  private read(entry: Entry, by: number): Facts {
    const body = this.document.resolve(entry.value);
    const entries = body?.kind === "map" ? body.entries : [];
    const tasks = entryOf(body, "tasks")?.value;
    const inner = tasks && this.document.resolve(tasks);
    const join = entryOf(body, "join")?.value;
    const options = entries.filter(({ name }) => name !== "tasks" && name !== "needs");
    return {
      name: entry.name,
      keys: entries.map(({ name }) => name),
      joinsAny: join !== undefined && toJson(this.document, join) === "any",
      needs: this.needs(entryOf(body, "needs")?.value),
      expressions: options.flatMap(({ name, value }) =>
        this.expressions(value, this.shape.property(name), by),
      ),
      inputs: this.inputs(entryOf(body, "python")?.value, by),
      inner: tasks ? (inner?.kind === "map" ? inner.entries : []).map((one) => this.read(one, by)) : null,
    };
  }

  private needs(node: Node | undefined): Need[] {
    const needs = node && this.document.resolve(node);
    if (needs?.kind === "map") {
      return needs.entries.map(({ name, key, value }) => ({
        name,
        on: outcomeOf(value),
        from: key.from,
        to: key.to,
      }));
    }
    if (needs?.kind !== "list") return [];
    return needs.items.flatMap(({ value }) => {
      const name = this.document.resolve(value);
      if (name?.kind !== "scalar" || typeof name.value !== "string") return [];
      return [{ name: name.value, on: "succeeded" as const, from: name.from, to: name.to }];
    });
  }

  private expressions(node: Node, shape: Shape, by: number): Expression[] {
    if (node.kind === "scalar") {
      if (!shape.expressions || typeof node.value !== "string") return [];
      return expressionsIn(this.document.text.slice(node.from + by, node.to + by), node.style, node.from);
    }
    if (node.kind === "map") {
      return node.entries.flatMap(({ name, value }) => this.expressions(value, shape.property(name), by));
    }
    if (node.kind === "list")
      return node.items.flatMap(({ value }) => this.expressions(value, shape.item, by));
    const target = this.document.resolve(node);
    return target ? this.expressions(target, shape, by) : [];
  }

  private inputs(python: Node | undefined, by: number): Name[] {
    const code = python?.kind === "map" ? entryOf(python, "code")?.value : python;
    if (code?.kind !== "scalar") return [];
    const source = this.document.text.slice(code.from + by, code.to + by);
    return [...source.matchAll(INPUT)].map((match) => {
      const name = match[1] ?? "";
      const from = code.from + match.index + match[0].length - name.length;
      return { name, from, to: from + name.length };
    });
  }
}

/** Code that asks for another task's output by its name. */
const INPUT = /\binputs(?:\.get\(|\[)\s*\\?["']([A-Za-z_]\w*)(?=\\?["'])/g;

function outcomeOf(node: Node): Outcome {
  const value = node.kind === "scalar" ? node.value : null;
  return value === "failed" || value === "finished" ? value : "succeeded";
}
