// A flow file cut where its top-level keys and its tasks begin, so that after an edit only the parts that
// changed are read again: the tree of a part is used as long as the part's text stays the same.
//
// In a block map every line at the map's own column that is no comment begins an entry: what belongs to the
// entry before stands deeper. A text that is not of this plain form, or that has a mistake, is read as a whole.

import { type Entry, type MapNode, readYaml, ShiftedEntry } from "./tree";

/** Parts by their text. */
export type Parts = ReadonlyMap<string, Entry | null>;

export interface Cut {
  readonly root: MapNode;
  readonly parts: Parts;
}

interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** The tree of the text by its parts; `null`: it must be read as a whole. */
export function cut(text: string, before: Parts | null): Cut | null {
  const stretches = stretchesOf(text, beginning(text), text.length, 0);
  if (!stretches) return null;
  const reader = new PartReader(text, before);
  const entries: Entry[] = [];
  for (const stretch of stretches) {
    const entry = reader.tasks(stretch) ?? reader.entry(stretch);
    if (!entry) return null;
    entries.push(entry);
  }
  const root = reader.map(entries);
  return root && { root, parts: reader.parts };
}

/** Where the first line is that is neither blank, nor a comment, nor the mark of a document's begin. */
function beginning(text: string): number {
  let at = text.startsWith("\ufeff") ? 1 : 0;
  let marked = false;
  while (at < text.length) {
    const end = lineAfter(text, at);
    const line = text.slice(at, end).trimEnd();
    if (line === "---" && !marked) marked = true;
    else if (line !== "" && !line.startsWith("#")) break;
    at = end;
  }
  return at;
}

/** The text from each line on that begins an entry at `column`; `null`: something else stands there. */
function stretchesOf(text: string, from: number, to: number, column: number): Stretch[] | null {
  const begins: number[] = [];
  for (let at = from; at < to; at = lineAfter(text, at)) {
    let first = at;
    while (text.charCodeAt(first) === SPACE) first += 1;
    const character = text[first] ?? "\n";
    if (character === "\n" || character === "\r" || character === "#") continue;
    const depth = first - at;
    if (depth > column || (depth === column && "-]}\t".includes(character) && begins.length > 0)) {
      if (depth === column && isMark(text, at)) return null;
      continue;
    }
    if (depth < column || !/[A-Za-z0-9_"']/.test(character)) return null;
    begins.push(at);
  }
  if (begins.length === 0 || begins[0] !== from) return null;
  return begins.map((begin, index) => ({ from: begin, to: begins[index + 1] ?? to }));
}

const SPACE = 32;

function isMark(text: string, at: number): boolean {
  return text.startsWith("---", at) || text.startsWith("...", at);
}

function lineAfter(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end + 1;
}

class PartReader {
  private readonly text: string;
  private readonly before: Parts | null;
  readonly parts = new Map<string, Entry | null>();

  constructor(text: string, before: Parts | null) {
    this.text = text;
    this.before = before;
  }

  entry({ from, to }: Stretch): Entry | null {
    const part = this.text.slice(from, to);
    let entry = this.parts.get(part);
    if (entry === undefined) {
      entry = this.before?.get(part);
      if (entry === undefined) entry = onlyEntry(part);
      this.parts.set(part, entry);
    }
    return entry && new ShiftedEntry(entry, from);
  }

  /** The entry `tasks`, each task a part of its own, where the tasks stand below it in block form. */
  tasks({ from, to }: Stretch): Entry | null {
    const head = lineAfter(this.text, from);
    if (!/^tasks:[ \t]*(#.*)?\r?\n?$/.test(this.text.slice(from, head))) return null;
    const first = firstLine(this.text, head, to);
    if (first === null || first.column === 0) return null;
    const stretches = stretchesOf(this.text, first.at, to, first.column);
    const key = onlyEntry(this.text.slice(from, head));
    if (!stretches || !key) return null;
    const entries: Entry[] = [];
    for (const stretch of stretches) {
      const entry = this.entry(stretch);
      if (!entry) return null;
      entries.push(entry);
    }
    const value = this.map(entries);
    if (!value) return null;
    const { key: name, start, colon } = new ShiftedEntry(key, from);
    return { name: "tasks", key: name, start, colon, value };
  }

  /** A block map of the entries; `null` where a key stands twice. */
  map(entries: readonly Entry[]): MapNode | null {
    const first = entries[0];
    const last = entries.at(-1);
    if (!first || !last || new Set(entries.map((entry) => entry.name)).size < entries.length) return null;
    const from = first.start;
    return {
      kind: "map",
      flow: false,
      start: from,
      from,
      get to() {
        return last.value.to;
      },
      anchor: null,
      entries,
    };
  }
}

function firstLine(text: string, from: number, to: number): { at: number; column: number } | null {
  for (let at = from; at < to; at = lineAfter(text, at)) {
    const column = text.slice(at, lineAfter(text, at)).search(/[^ ]/);
    const character = text[at + column] ?? "\n";
    if (column >= 0 && !"\r\n#".includes(character)) return { at, column };
  }
  return null;
}

/** The one entry of a part; `null` where it is something else, or has a mistake. */
function onlyEntry(part: string): Entry | null {
  const reading = readYaml(part);
  if ("failure" in reading || reading.node?.kind !== "map" || reading.node.flow) return null;
  const [entry, ...others] = reading.node.entries;
  return entry && others.length === 0 && reading.node.anchor === null ? entry : null;
}
