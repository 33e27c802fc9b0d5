// A flow file as it is edited: the text, and its tree. A document never changes; an edit makes the next one.

import type { Language } from "./language";
import { cut, type Parts } from "./parts";
import { type Style, styleOf } from "./style";
import { type Entry, entryOf, type Failure, type MapNode, type Node, readYaml } from "./tree";

/** Names from the outermost group to the task; empty: the flow itself. */
export type TaskPath = readonly string[];

export class FlowDocument {
  readonly text: string;
  readonly language: Language;
  /** the tree; `null` where nothing stands in the text, or no YAML */
  readonly root: Node | null;
  /** why the text has no tree */
  readonly failure: Failure | null;
  private readonly parts: Parts;
  private knownStyle: Style | null = null;
  private knownAnchors: Anchors | null = null;

  /** `before`: a document from which parts that are the same need not be read again. */
  constructor(text: string, language: Language, before: FlowDocument | null = null) {
    this.text = text;
    this.language = language;
    const found = cut(text, before?.parts ?? null);
    this.parts = found.parts;
    const reading = found.reading ?? readYaml(text);
    this.failure = "failure" in reading ? reading.failure : null;
    this.root = "failure" in reading ? null : reading.node;
  }

  /** The document with another text. */
  next(text: string): FlowDocument {
    return text === this.text ? this : new FlowDocument(text, this.language, this);
  }

  /** How this file is written. */
  get style(): Style {
    this.knownStyle ??= styleOf(this.text, this.root);
    return this.knownStyle;
  }

  get anchors(): Anchors {
    this.knownAnchors ??= new Anchors(ALIAS.test(this.text) ? this.root : null);
    return this.knownAnchors;
  }

  /** The node that an alias repeats; any other node is itself. */
  resolve(node: Node): Node | null {
    return node.kind === "alias" ? this.anchors.target(node.from) : node;
  }

  /** The map of the tasks in a group, or of the flow. */
  tasksIn(group: TaskPath): MapNode | null {
    const around = group.length === 0 ? this.root : this.task(group)?.value;
    const tasks = entryOf(around && this.resolve(around), "tasks")?.value;
    const found = tasks && this.resolve(tasks);
    return found?.kind === "map" ? found : null;
  }

  task(path: TaskPath): Entry | undefined {
    const name = path.at(-1);
    return name === undefined ? undefined : entryOf(this.tasksIn(path.slice(0, -1)), name);
  }

  /** The text of a node. */
  source(node: Pick<Node, "from" | "to">): string {
    return this.text.slice(node.from, node.to);
  }
}

/** What may be an alias: most files have none, and need not be walked for them. */
const ALIAS = /(?:^|[\s[{,:])\*\w/;

/** Which alias repeats what. */
export class Anchors {
  private readonly targets = new Map<number, Node | null>();
  private readonly uses = new Map<number, number[]>();
  /** names of anchors that stand more than once */
  readonly repeated = new Set<string>();

  constructor(root: Node | null) {
    if (root) this.walk(root, new Map(), []);
  }

  get isEmpty(): boolean {
    return this.targets.size === 0;
  }

  target(alias: number): Node | null {
    return this.targets.get(alias) ?? null;
  }

  /** Where aliases stand that repeat this node. */
  usesOf(node: Node): readonly number[] {
    return node.anchor === null ? [] : (this.uses.get(node.from) ?? []);
  }

  /** Whether every alias has its anchor before it, and none stands in what it repeats. */
  get areSound(): boolean {
    return [...this.targets.values()].every((target) => target !== null);
  }

  private walk(node: Node, named: Map<string, Node>, around: readonly Node[]): void {
    if (node.kind === "alias") {
      const target = named.get(node.name) ?? null;
      this.targets.set(node.from, target && around.includes(target) ? null : target);
      if (target) this.uses.set(target.from, [...(this.uses.get(target.from) ?? []), node.from]);
      return;
    }
    if (node.anchor !== null) {
      if (named.has(node.anchor)) this.repeated.add(node.anchor);
      named.set(node.anchor, node);
    }
    const inside = node.kind === "scalar" ? around : [...around, node];
    for (const child of childrenOf(node)) this.walk(child, named, inside);
  }
}

/** What stands directly in a node. */
export function childrenOf(node: Node): readonly Node[] {
  if (node.kind === "map") return node.entries.map((entry) => entry.value);
  return node.kind === "list" ? node.items.map((item) => item.value) : [];
}
