// The tree of a YAML text, every node with its place. It is read by the `yaml` package and kept in a form of
// its own, so that a part of it can be used again at another place of a later text.

import { isAlias, isMap, isScalar, isSeq, type ParsedNode, parseDocument } from "yaml";

export type ScalarStyle = "plain" | "single" | "double" | "literal" | "folded";

interface Place {
  /** where its anchor or tag begins, else `from` */
  readonly start: number;
  readonly from: number;
  /** behind its last character; a block scalar's last line break belongs to it */
  readonly to: number;
  readonly anchor: string | null;
}

export interface ScalarNode extends Place {
  readonly kind: "scalar";
  readonly value: string | number | boolean | null;
  readonly style: ScalarStyle;
}

export interface MapNode extends Place {
  readonly kind: "map";
  /** in braces */
  readonly flow: boolean;
  readonly entries: readonly Entry[];
}

export interface ListNode extends Place {
  readonly kind: "list";
  /** in brackets */
  readonly flow: boolean;
  readonly items: readonly Item[];
}

export interface AliasNode extends Place {
  readonly kind: "alias";
  readonly name: string;
}

export type Node = ScalarNode | MapNode | ListNode | AliasNode;

export interface Entry {
  readonly name: string;
  readonly key: ScalarNode;
  /** where it begins: the key, or a `?` before it */
  readonly start: number;
  /** behind the colon, or behind the key where no colon stands */
  readonly colon: number;
  readonly value: Node;
}

export interface Item {
  /** where it begins: the dash, in brackets the value */
  readonly start: number;
  readonly value: Node;
}

/** Why a text is no YAML. */
export interface Failure {
  readonly message: string;
  readonly from: number;
  readonly to: number;
}

export type Reading = { readonly node: Node | null } | { readonly failure: Failure };

/** YAML 1.2, core schema, one document, no merge keys, no key twice. */
export function readYaml(text: string): Reading {
  const document = parseDocument(text, {
    version: "1.2",
    schema: "core",
    merge: false,
    uniqueKeys: true,
    prettyErrors: false,
    logLevel: "silent",
  });
  const error = document.errors[0];
  if (error) return { failure: { message: error.message, from: error.pos[0], to: error.pos[1] } };
  if (document.contents === null) return { node: null };
  return { node: new Reader(text).node(document.contents, 0) };
}

class Reader {
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** `after`: where what stands before the node ends. */
  node(node: ParsedNode, after: number): Node {
    const [from, to] = node.range;
    const properties = this.find(after, from, "&!");
    const start = properties ?? from;
    if (isAlias(node)) return { kind: "alias", start, from, to, anchor: null, name: node.source };
    const place = { start, from, to, anchor: node.anchor ?? null };
    if (isScalar(node)) {
      const value = scalarValue(node.value);
      // Nothing stands there: its place is right behind what is before it, not behind comments.
      if (from === to && properties === null) return empty(after, value);
      return { kind: "scalar", ...place, value, style: styleOf(node.type) };
    }
    if (isMap(node)) return this.map(node.items, place, node.flow ?? false);
    if (isSeq(node)) return this.list(node.items, place, node.flow ?? false);
    throw new TypeError("a node is an alias, a scalar, a map or a list");
  }

  private map(
    pairs: readonly { key: ParsedNode; value: ParsedNode | null }[],
    place: Place,
    flow: boolean,
  ): MapNode {
    let at = flow && this.text[place.from] === "{" ? place.from + 1 : place.from;
    const entries = pairs.map(({ key, value }): Entry => {
      const name = this.key(key, at);
      const question = this.find(at, key.range[0], "?");
      const sign = value ? this.find(name.to, value.range[0], ":") : null;
      const colon = sign === null ? name.to : sign + 1;
      const inner = value ? this.node(value, colon) : empty(colon, null);
      at = inner.to;
      return {
        name: keyText(name, this.text),
        key: name,
        start: question ?? name.start,
        colon,
        value: inner,
      };
    });
    return { kind: "map", ...place, to: flow ? place.to : at, flow, entries };
  }

  /** A key that is a list, a map or an alias is known by its text. */
  private key(node: ParsedNode, after: number): ScalarNode {
    const key = this.node(node, after);
    if (key.kind === "scalar") return key;
    const { start, from, to, anchor } = key;
    return { kind: "scalar", start, from, to, anchor, value: this.text.slice(from, to), style: "plain" };
  }

  private list(nodes: readonly ParsedNode[], place: Place, flow: boolean): ListNode {
    let at = flow ? place.from + 1 : place.from;
    const items = nodes.map((node): Item => {
      const dash = flow ? null : this.find(at, Math.max(node.range[0], at + 1), "-");
      const value = this.node(node, dash === null ? at : dash + 1);
      at = value.to;
      return { start: dash ?? value.start, value };
    });
    return { kind: "list", ...place, to: flow ? place.to : at, flow, items };
  }

  /** Where the first of the characters stands between two places, comments left out. */
  private find(from: number, to: number, characters: string): number | null {
    for (let at = from; at < to; at += 1) {
      const character = this.text[at] ?? "";
      if (characters.includes(character)) return at;
      if (character === "#" && /\s/.test(this.text[at - 1] ?? "\n")) at = this.lineEnd(at);
    }
    return null;
  }

  private lineEnd(at: number): number {
    const end = this.text.indexOf("\n", at);
    return end < 0 ? this.text.length : end;
  }
}

function empty(at: number, value: ScalarNode["value"]): ScalarNode {
  return { kind: "scalar", start: at, from: at, to: at, anchor: null, value, style: "plain" };
}

function scalarValue(value: unknown): ScalarNode["value"] {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  return value === null || value === undefined ? null : String(value);
}

/** A key is text, whatever it would be as a value. */
function keyText(key: ScalarNode, text: string): string {
  return typeof key.value === "string" ? key.value : text.slice(key.from, key.to);
}

function styleOf(type: string | undefined): ScalarStyle {
  if (type === "QUOTE_SINGLE") return "single";
  if (type === "QUOTE_DOUBLE") return "double";
  if (type === "BLOCK_LITERAL") return "literal";
  return type === "BLOCK_FOLDED" ? "folded" : "plain";
}

/** The node as it stands `by` characters further. */
export function shifted<N extends Node>(node: N, by: number): N {
  return by === 0 ? node : (shift(node, by) as N);
}

function shift(node: Node, by: number): Node {
  const place = { start: node.start + by, from: node.from + by, to: node.to + by };
  if (node.kind === "map")
    return { ...node, ...place, entries: node.entries.map((one) => shiftEntry(one, by)) };
  if (node.kind === "list") {
    const items = node.items.map(({ start, value }) => ({ start: start + by, value: shift(value, by) }));
    return { ...node, ...place, items };
  }
  return { ...node, ...place };
}

function shiftEntry(entry: Entry, by: number): Entry {
  return {
    name: entry.name,
    key: shifted(entry.key, by),
    start: entry.start + by,
    colon: entry.colon + by,
    value: shift(entry.value, by),
  };
}

/** An entry whose value is moved to its place only when it is asked for. */
export class ShiftedEntry implements Entry {
  readonly name: string;
  readonly start: number;
  readonly colon: number;
  /** the entry that it is at another place, and how far from it */
  readonly origin: Entry;
  readonly by: number;
  private moved: Node | null = null;
  private movedKey: ScalarNode | null = null;

  constructor(origin: Entry, by: number) {
    this.origin = origin;
    this.by = by;
    this.name = origin.name;
    this.start = origin.start + by;
    this.colon = origin.colon + by;
  }

  get key(): ScalarNode {
    this.movedKey ??= shifted(this.origin.key, this.by);
    return this.movedKey;
  }

  get value(): Node {
    this.moved ??= shifted(this.origin.value, this.by);
    return this.moved;
  }
}

/** The entry with this name. */
export function entryOf(node: Node | null | undefined, name: string): Entry | undefined {
  return node?.kind === "map" ? node.entries.find((entry) => entry.name === name) : undefined;
}

/** Where the last of what a node holds ends; a comment behind it does not belong to it. */
export function endOf(node: Node): number {
  if (node.kind === "map" && !node.flow) {
    const last = node.entries.at(-1);
    return last ? endOf(last.value) : node.to;
  }
  if (node.kind === "list" && !node.flow) {
    const last = node.items.at(-1);
    return last ? endOf(last.value) : node.to;
  }
  return node.to;
}

/** Whether it stands on lines of its own: block text, or a block list or map. */
export function isBlock(node: Node): boolean {
  if (node.kind === "scalar") return node.style === "literal" || node.style === "folded";
  return (node.kind === "map" || node.kind === "list") && !node.flow;
}
