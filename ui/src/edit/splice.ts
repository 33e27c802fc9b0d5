// Changes of a text as lists of splices: what is taken out where, and what comes in. All positions of a list
// are those of the text before it; a list is in order, and its splices do not overlap.

export interface Splice {
  readonly from: number;
  readonly to: number;
  readonly insert: string;
}

/** The splices in order. Two that insert at one place keep the order in which they were given. */
export function inOrder(splices: readonly Splice[]): Splice[] {
  return splices.toSorted((left, right) => left.from - right.from || left.to - right.to);
}

/** The text with the splices done. */
export function apply(text: string, splices: readonly Splice[]): string {
  let done = "";
  let at = 0;
  for (const { from, to, insert } of splices) {
    if (from < at || to < from || to > text.length) throw new RangeError("splices overlap or leave the text");
    done += text.slice(at, from) + insert;
    at = to;
  }
  return done + text.slice(at);
}

/** The splices that lead back: they stand in the text after `splices`. */
export function invert(text: string, splices: readonly Splice[]): Splice[] {
  let moved = 0;
  return splices.map(({ from, to, insert }) => {
    const start = from + moved;
    moved += insert.length - (to - from);
    return { from: start, to: start + insert.length, insert: text.slice(from, to) };
  });
}

/** The splice without what it takes out and puts in again at its two ends. */
export function shrink(text: string, { from, to, insert }: Splice): Splice {
  let start = 0;
  const shorter = Math.min(to - from, insert.length);
  while (start < shorter && text.charCodeAt(from + start) === insert.charCodeAt(start)) start += 1;
  // A pair of surrogates, or of carriage return and line feed, stays in one piece.
  if (start > 0 && isTorn(text, from + start)) start -= 1;
  let end = 0;
  while (
    end < shorter - start &&
    text.charCodeAt(to - 1 - end) === insert.charCodeAt(insert.length - 1 - end)
  ) {
    end += 1;
  }
  if (end > 0 && isTorn(text, to - end)) end -= 1;
  return { from: from + start, to: to - end, insert: insert.slice(start, insert.length - end) };
}

function isTorn(text: string, at: number): boolean {
  const before = text.charCodeAt(at - 1);
  const after = text.charCodeAt(at);
  return (before === 13 && after === 10) || (before >= 0xd800 && before < 0xdc00 && after >= 0xdc00);
}

/** In order, each as small as can be, without those that change nothing. */
export function tidy(text: string, splices: readonly Splice[]): Splice[] {
  const small = inOrder(splices).map((splice) => shrink(text, splice));
  return small.filter(({ from, to, insert }) => from !== to || insert !== "");
}

/** One list for two that follow each other: `second` stands in the text after `first`. */
export function compose(first: readonly Splice[], second: readonly Splice[]): Splice[] {
  const composed = new Composition();
  // What of the text between is still to be taken over: kept pieces and inserted ones.
  const pieces = new Pieces(first);
  let at = 0;
  for (const { from, to, insert } of second) {
    pieces.take(from - at, (piece) => composed.keep(piece));
    composed.insert(insert);
    pieces.take(to - from, (piece) => composed.drop(piece));
    at = to;
  }
  pieces.rest((piece) => composed.keep(piece));
  return composed.splices();
}

/** A piece of the text between two changes: some of the old text, or some that was inserted. */
type Piece = { removed: number } | { kept: number } | { inserted: string };

class Pieces {
  private readonly queue: Piece[] = [];
  private next = 0;

  constructor(splices: readonly Splice[]) {
    let at = 0;
    for (const { from, to, insert } of splices) {
      if (from > at) this.queue.push({ kept: from - at });
      if (to > from) this.queue.push({ removed: to - from });
      if (insert !== "") this.queue.push({ inserted: insert });
      at = to;
    }
    this.queue.push({ kept: Number.MAX_SAFE_INTEGER });
  }

  /** The next `length` characters of the text between, and what was removed before them. */
  take(length: number, use: (piece: Piece) => void): void {
    let left = length;
    while (left > 0) {
      const piece = this.queue[this.next];
      if (!piece) return;
      const size = "removed" in piece ? 0 : "kept" in piece ? piece.kept : piece.inserted.length;
      if (size <= left) {
        use(piece);
        this.next += 1;
        left -= size;
      } else {
        const [head, tail] = divide(piece, left);
        use(head);
        this.queue[this.next] = tail;
        return;
      }
    }
  }

  rest(use: (piece: Piece) => void): void {
    for (const piece of this.queue.slice(this.next, -1)) use(piece);
    this.next = this.queue.length;
  }
}

function divide(piece: Piece, at: number): [Piece, Piece] {
  if ("inserted" in piece)
    return [{ inserted: piece.inserted.slice(0, at) }, { inserted: piece.inserted.slice(at) }];
  if ("kept" in piece) return [{ kept: at }, { kept: piece.kept - at }];
  return [piece, { kept: 0 }];
}

class Composition {
  private readonly done: Splice[] = [];
  private at = 0;
  private removed = 0;
  private inserted = "";

  keep(piece: Piece): void {
    if ("removed" in piece) this.removed += piece.removed;
    else if ("inserted" in piece) this.inserted += piece.inserted;
    else if (piece.kept > 0) {
      this.flush();
      this.at += piece.kept;
    }
  }

  drop(piece: Piece): void {
    if ("removed" in piece) this.removed += piece.removed;
    else if ("kept" in piece) this.removed += piece.kept;
  }

  insert(text: string): void {
    this.inserted += text;
  }

  splices(): Splice[] {
    this.flush();
    return this.done;
  }

  private flush(): void {
    if (this.removed > 0 || this.inserted !== "") {
      this.done.push({ from: this.at, to: this.at + this.removed, insert: this.inserted });
    }
    this.at += this.removed;
    this.removed = 0;
    this.inserted = "";
  }
}
