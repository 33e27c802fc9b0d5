// A list of runs that may be a hundred thousand long, got a page at a time as far as anyone looks. The stream's
// moves change runs where they stand, and new runs come in at the head; nothing is asked for twice.

import { live } from "../api/context";
import type { Move, Run, RunList } from "../api/types";
import { isEnded, TYPE_OF } from "../parts/states";

/** Gets a page of at most `limit` runs from `cursor` on. */
export type Fetch = (limit: number, cursor: string | null, signal: AbortSignal) => Promise<RunList>;

const PAGE = 500;
const HEAD = 100;
/** The head is asked for at most this often. */
const HEAD_MS = 1000;

export class RunPager {
  #fetch: Fetch;
  /** whether new runs belong at the head */
  #newest: boolean;
  #ids: string[] = [];
  #runs = new Map<string, Run>();
  #next: string | null = null;
  #wanted = 0;
  #loading = false;
  #ended = false;
  #error: unknown = null;
  #closing = new AbortController();
  #head: ReturnType<typeof setTimeout> | undefined;
  #watchers = new Set<() => void>();
  #version = 0;

  constructor(fetch: Fetch, newest: boolean) {
    this.#fetch = fetch;
    this.#newest = newest;
  }

  /** Starts getting pages and following the stream; the returned function ends both. */
  open(): () => void {
    this.#closing = new AbortController();
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

  /** whether every run is here */
  get ended(): boolean {
    return this.#ended;
  }

  get error(): unknown {
    return this.#error;
  }

  at(index: number): Run | undefined {
    const id = this.#ids[index];
    return id === undefined ? undefined : this.#runs.get(id);
  }

  ids(from: number, to: number): string[] {
    return this.#ids.slice(from, to + 1);
  }

  indexOf(id: string): number {
    return this.#ids.indexOf(id);
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
        const page = await this.#fetch(PAGE, this.#next, signal);
        if (signal.aborted) return;
        for (const run of page.runs) this.#add(run, this.#ids.length);
        this.#next = page.next;
        this.#ended = page.next === null;
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

  #add(run: Run, at: number): void {
    if (!this.#runs.has(run.id)) this.#ids.splice(at, 0, run.id);
    this.#runs.set(run.id, run);
  }

  take(moves: readonly Move[]): void {
    let changed = false;
    let unknown = false;
    for (const move of moves) {
      if (move.number !== 0) continue;
      const run = this.#runs.get(move.run);
      if (run) {
        this.#runs.set(run.id, moved(run, move));
        changed = true;
      } else unknown = true;
    }
    if (changed) this.#changed();
    if (unknown && this.#newest) this.#head ??= setTimeout(() => void this.#freshHead(), HEAD_MS);
  }

  async #freshHead(): Promise<void> {
    this.#head = undefined;
    const { signal } = this.#closing;
    try {
      const page = await this.#fetch(HEAD, null, signal);
      if (signal.aborted) return;
      const news = page.runs.filter((run) => !this.#runs.has(run.id));
      if (news.length === page.runs.length && page.next !== null) this.#reset();
      for (const run of page.runs) if (this.#runs.has(run.id)) this.#runs.set(run.id, run);
      this.#ids = [...news.map((run) => run.id), ...this.#ids];
      for (const run of news) this.#runs.set(run.id, run);
      if (this.#ids.length === page.runs.length) {
        this.#next = page.next;
        this.#ended = page.next === null;
      }
      this.#changed();
    } catch {
      // The stream's next move asks again; until then the list is as it was.
    }
  }

  #reset(): void {
    this.#ids = [];
    this.#runs.clear();
    this.#next = null;
    this.#ended = false;
    this.#error = null;
  }

  /** Forgets runs that were removed. */
  forget(ids: ReadonlySet<string>): void {
    this.#ids = this.#ids.filter((id) => !ids.has(id));
    for (const id of ids) this.#runs.delete(id);
    this.#changed();
  }

  /** Gets all of it anew. */
  again(): void {
    this.#reset();
    this.#wanted = Math.min(this.#wanted, PAGE);
    void this.#load();
  }

  #changed(): void {
    this.#version += 1;
    for (const watcher of this.#watchers) watcher();
  }
}

/** The run after the move. */
export function moved(run: Run, move: Move): Run {
  const type = TYPE_OF[move.to];
  const started = run.started_at ?? (type === "running" ? move.at : null);
  const ended = isEnded(type) ? move.at : null;
  return {
    ...run,
    state: move.to,
    state_type: type,
    message: move.message,
    started_at: started,
    ended_at: ended,
    duration_ms: ended !== null && started !== null ? Date.parse(ended) - Date.parse(started) : null,
  };
}
