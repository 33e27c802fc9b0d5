// A list that may be a hundred thousand long, got a page at a time as far as anyone looks. The stream's moves change
// rows where they stand, and new rows come in at the head; nothing is asked for twice.

import { live } from "../api/context";
import type { Move } from "../api/types";

export interface Page<Row> {
  rows: Row[];
  next: string | null;
}

/** A row that is other now, one that belongs no longer to the list, the news that there are rows to get, or nothing. */
export type Taken<Row> = { row: Row } | { gone: string } | "news" | null;

export interface Source<Row> {
  /** Gets a page of at most `limit` rows from `cursor` on. */
  fetch: (limit: number, cursor: string | null, signal: AbortSignal) => Promise<Page<Row>>;
  id: (row: Row) => string;
  /** What a move makes of the list. */
  take: (move: Move, find: (id: string) => Row | undefined) => Taken<Row>;
  /** whether new rows belong at the head */
  newest: boolean;
}

const PAGE = 200;
/** The size of a page while somebody looks far beyond what is here. */
const FAR_PAGE = 1000;
const HEAD = 100;
/** The head is asked for at most this often. */
const HEAD_MS = 1000;

export class Pager<Row> {
  #source: Source<Row>;
  #ids: string[] = [];
  #rows = new Map<string, Row>();
  #next: string | null = null;
  #wanted = 0;
  #loading = false;
  #ended = false;
  #error: unknown = null;
  #closing = new AbortController();
  #head: ReturnType<typeof setTimeout> | undefined;
  #watchers = new Set<() => void>();
  #version = 0;

  constructor(source: Source<Row>) {
    this.#source = source;
  }

  /** Starts getting pages and following the stream; the returned function ends both. */
  open(): () => void {
    // What was wanted before is under way already and goes on.
    if (this.#closing.signal.aborted) this.#closing = new AbortController();
    this.want(0);
    const close = live.listen(
      (moves) => this.take(moves),
      () => this.again(),
    );
    return () => {
      close();
      clearTimeout(this.#head);
      this.#head = undefined;
      this.#closing.abort();
      this.#loading = false;
    };
  }

  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  /** Changes with every change of the list. */
  readonly version = (): number => this.#version;

  get length(): number {
    return this.#ids.length;
  }

  /** whether every row is here */
  get ended(): boolean {
    return this.#ended;
  }

  get error(): unknown {
    return this.#error;
  }

  has(id: string): boolean {
    return this.#rows.has(id);
  }

  get(id: string): Row | undefined {
    return this.#rows.get(id);
  }

  at(index: number): Row | undefined {
    const id = this.#ids[index];
    return id === undefined ? undefined : this.#rows.get(id);
  }

  /** The ids of the rows from one index to another, both included. */
  ids(from: number, to: number): string[] {
    return this.#ids.slice(from, to + 1);
  }

  /** Somebody looks at this row: gets pages until it is here. */
  want(index: number): void {
    this.#wanted = Math.max(this.#wanted, index);
    void this.#load();
  }

  retry(): void {
    this.#error = null;
    void this.#load();
  }

  async #load(): Promise<void> {
    if (this.#loading) return;
    this.#loading = true;
    const { signal } = this.#closing;
    try {
      while (!this.#ended && this.#error === null && this.#ids.length <= this.#wanted && !signal.aborted) {
        const far = this.#wanted - this.#ids.length > FAR_PAGE;
        const page = await this.#source.fetch(far ? FAR_PAGE : PAGE, this.#next, signal);
        if (signal.aborted) return;
        this.#append(page);
        this.#changed();
      }
    } catch (error) {
      if (signal.aborted) return;
      this.#error = error;
      this.#changed();
    } finally {
      if (signal === this.#closing.signal) this.#loading = false;
    }
  }

  #append(page: Page<Row>): void {
    for (const row of page.rows) {
      const id = this.#source.id(row);
      if (!this.#rows.has(id)) this.#ids.push(id);
      this.#rows.set(id, row);
    }
    this.#next = page.next;
    this.#ended = page.next === null;
  }

  /** Moves of the stream. */
  take(moves: readonly Move[]): void {
    let changed = false;
    let news = false;
    const gone = new Set<string>();
    for (const move of moves) {
      const taken = this.#source.take(move, (id) => this.#rows.get(id));
      if (taken === null) continue;
      if (taken === "news") news = true;
      else if ("gone" in taken) gone.add(taken.gone);
      else {
        const id = this.#source.id(taken.row);
        // It may have gone and come back within these moves.
        gone.delete(id);
        this.#rows.set(id, taken.row);
        changed = true;
      }
    }
    if (gone.size > 0) this.forget(gone);
    else if (changed) this.#changed();
    if (news && this.#source.newest) this.#head ??= setTimeout(() => void this.#freshHead(), HEAD_MS);
  }

  async #freshHead(): Promise<void> {
    this.#head = undefined;
    const { signal } = this.#closing;
    try {
      const page = await this.#source.fetch(HEAD, null, signal);
      if (!signal.aborted) this.#mergeHead(page);
    } catch {
      // The stream's next news asks again; until then the list is as it was.
    }
  }

  #mergeHead(page: Page<Row>): void {
    const ids = page.rows.map(this.#source.id);
    const news = ids.filter((id) => !this.#rows.has(id));
    if (news.length === ids.length) {
      // Nothing of it is known, so there may be rows between it and what is.
      this.#reset();
      this.#append(page);
    } else {
      // As far as the page goes, it alone says what the list is and in which order.
      const here = new Set(ids);
      const last = this.#ids.findLastIndex((id) => here.has(id));
      const replaced = this.#ids.slice(0, last + 1).filter((id) => !here.has(id));
      for (const id of replaced) this.#rows.delete(id);
      this.#ids = [...ids, ...this.#ids.slice(last + 1)];
      for (const row of page.rows) this.#rows.set(this.#source.id(row), row);
    }
    this.#changed();
  }

  #reset(): void {
    this.#ids = [];
    this.#rows.clear();
    this.#next = null;
    this.#ended = false;
    this.#error = null;
  }

  /** Forgets rows that were removed. */
  forget(ids: ReadonlySet<string>): void {
    this.#ids = this.#ids.filter((id) => !ids.has(id));
    for (const id of ids) this.#rows.delete(id);
    this.#changed();
  }

  /** Gets all of it anew, as far as anyone looks. */
  again(): void {
    this.#closing.abort();
    this.#closing = new AbortController();
    this.#loading = false;
    this.#reset();
    this.#changed();
    void this.#load();
  }

  #changed(): void {
    this.#version += 1;
    for (const watcher of this.#watchers) watcher();
  }
}
