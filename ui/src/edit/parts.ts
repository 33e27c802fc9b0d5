// A flow file cut where its top-level keys and its tasks begin, so that after an edit only the parts that
// changed are read again: the tree of a part is used as long as the part's text stays the same.
//
// In a block map every line at the map's own column that is no comment begins an entry: what belongs to the
// entry before stands deeper. So a mistake in one part is a mistake of the whole, and known without reading the
// rest: while somebody types, most texts have one. A text that is not of this plain form is read as a whole.

import { type Entry, type Failure, type MapNode, readYaml, ShiftedEntry } from "./tree";

/** What a part is by itself; `null`: that cannot be told. Places are counted from where it begins. */
type Read = Entry | Failure | null;

/** Parts by their text. */
export type Parts = ReadonlyMap<string, Read>;

export interface Cut {
  /** the tree of the text by its parts, or why it has none; `null`: it must be read as a whole */
  readonly reading: { readonly node: MapNode } | { readonly failure: Failure } | null;
  readonly parts: Parts;
}

interface Stretch {
  readonly from: number;
  readonly to: number;
}

export function cut(text: string, before: Parts | null): Cut {
  const reader = new PartReader(text, before);
  const root = reader.root();
  if (root !== null && !isFailure(root)) return { reading: { node: root }, parts: reader.parts };
  // Behind a mistake nothing was read: what is known of it is kept until the text is whole again.
  const parts = new Map([...(before ?? []), ...reader.parts]);
  return { reading: root && { failure: root }, parts };
}

function isFailure(read: Entry | MapNode | Failure): read is Failure {
  return "message" in read;
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
function stretchesOf(text: string, from: number, to: number, column: number): Stretch[] | Failure | null {
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
    if (!/[A-Za-z0-9_"']/.test(character)) return null;
    if (depth < column && begins.length > 0)
      return { message: "what stands in one map must begin in one column", from: first, to: first + 1 };
    if (depth < column) return null;
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
  readonly parts = new Map<string, Read>();

  constructor(text: string, before: Parts | null) {
    this.text = text;
    this.before = before;
  }

  root(): MapNode | Failure | null {
    const { text } = this;
    return this.entries(stretchesOf(text, beginning(text), text.length, 0), (stretch) => {
      const tasks = this.tasks(stretch);
      return tasks === null ? this.entry(stretch) : tasks;
    });
  }

  private entry({ from, to }: Stretch): Entry | Failure | null {
    const part = this.text.slice(from, to);
    let read = this.parts.get(part);
    if (read === undefined) {
      read = this.before?.get(part);
      if (read === undefined) read = readPart(part);
      this.parts.set(part, read);
    }
    if (read === null) return null;
    if (!isFailure(read)) return new ShiftedEntry(read, from);
    return { message: read.message, from: read.from + from, to: read.to + from };
  }

  /** The entry `tasks`, each task a part of its own, where the tasks stand below it in block form. */
  private tasks({ from, to }: Stretch): Entry | Failure | null {
    const head = lineAfter(this.text, from);
    if (!/^tasks:[ \t]*(#.*)?\r?\n?$/.test(this.text.slice(from, head))) return null;
    const first = firstLine(this.text, head, to);
    if (first === null || first.column === 0) return null;
    const key = readPart(this.text.slice(from, head));
    if (!key || isFailure(key)) return null;
    const stretches = stretchesOf(this.text, first.at, to, first.column);
    const value = this.entries(stretches, (stretch) => this.entry(stretch));
    if (!value || isFailure(value)) return value;
    const { key: name, start, colon } = new ShiftedEntry(key, from);
    return { name: "tasks", key: name, start, colon, value };
  }

  /** A block map of what `read` makes of the stretches. */
  private entries(
    stretches: Stretch[] | Failure | null,
    read: (stretch: Stretch) => Entry | Failure | null,
  ): MapNode | Failure | null {
    if (stretches === null || !Array.isArray(stretches)) return stretches;
    const entries: Entry[] = [];
    for (const stretch of stretches) {
      const entry = read(stretch);
      // One word alone may be all that there is; beside others it is a key without a colon.
      if (entry === null || (isFailure(entry) && entry.message === LONE && stretches.length === 1))
        return null;
      if (isFailure(entry)) return entry;
      entries.push(entry);
    }
    return mapOf(entries);
  }
}

/** A block map of the entries; `null` where two keys may be the same or not. */
function mapOf(entries: readonly Entry[]): MapNode | Failure | null {
  const first = entries[0];
  const last = entries.at(-1);
  if (!first || !last) return null;
  const known = new Map<string, Entry>();
  for (const entry of entries) {
    const other = known.get(entry.name);
    if (other) {
      const { value, from, to } = entry.key;
      return value === other.key.value ? { message: "a key stands twice in one map", from, to } : null;
    }
    known.set(entry.name, entry);
  }
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

function firstLine(text: string, from: number, to: number): { at: number; column: number } | null {
  for (let at = from; at < to; at = lineAfter(text, at)) {
    const column = text.slice(at, lineAfter(text, at)).search(/[^ ]/);
    const character = text[at + column] ?? "\n";
    if (column >= 0 && !"\r\n#".includes(character)) return { at, column };
  }
  return null;
}

const LONE = "a key needs a colon behind it";

/** The one entry of a part, or its mistake. */
function readPart(part: string): Read {
  // Whatever stands deeper below it, which may be much: a key does not go on in the next line.
  const word = /^ *([\w-]+)[ \t]*\r?\n/.exec(part);
  if (word) {
    const from = part.indexOf(word[1] ?? "");
    return { message: LONE, from, to: from + (word[1]?.length ?? 0) };
  }
  const reading = readYaml(part);
  if ("failure" in reading) return reading.failure;
  const { node } = reading;
  if (node?.kind === "scalar" && node.anchor === null) return { message: LONE, from: node.from, to: node.to };
  if (node?.kind !== "map" || node.flow) return null;
  const [entry, ...others] = node.entries;
  return entry && others.length === 0 && node.anchor === null ? entry : null;
}
