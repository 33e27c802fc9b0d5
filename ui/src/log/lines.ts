// The lines of one run's log as rows, fetched page by page where they are looked at. Without a task filter a
// row is a line's number, so any place is one request away. With one, line numbers have gaps: pages follow
// from one another, except the last ones, which are asked for from the end.

import type { LogLine, LogPage } from "../api/types";

/** Lines that are kept and asked for together. */
export const PAGE = 500;
/** Lines of one request while walking through a filtered log. */
const STRIDE = 10 * PAGE;
/** Pages that stay in memory. */
const KEPT = 80;
/** Requests that are under way at once. */
const AT_ONCE = 2;

export interface LogQuery {
  task?: string;
  grep?: string;
  from?: number;
  limit?: number;
  tail?: number;
}

export type AskLog = (query: LogQuery) => Promise<LogPage>;

export class LogLines {
  readonly task: string | null;
  /** rows there are, as far as is known */
  rows = 0;
  /** whether the first answer has come */
  known = false;
  /** whether lines of several tasks are in it */
  several: boolean;
  /** why the last request failed */
  failure: string | null = null;

  #ask: AskLog;
  #first = 1;
  #last = 0;
  #pages = new Map<number, (LogLine | undefined)[]>();
  /** With a filter: the line number from which on a page is asked for. */
  #starts: number[] = [1];
  #wanted: [number, number] = [0, 0];
  #underWay = new Map<string, Promise<void>>();
  #listeners = new Set<() => void>();
  #version = 0;
  #closed = false;

  constructor(ask: AskLog, task: string | null) {
    this.#ask = ask;
    this.task = task;
    this.several = task === null;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  version = (): number => this.#version;

  /** Answers are taken until the returned function is called. */
  open(): () => void {
    this.#closed = false;
    this.#fetch();
    return () => {
      this.#closed = true;
    };
  }

  /** The number of the next line that will be written. */
  get next(): number {
    return this.#last + 1;
  }

  line(row: number): LogLine | undefined {
    return this.#pages.get(Math.floor(row / PAGE))?.[row % PAGE];
  }

  /** Says which rows are looked at; what of them is missing is fetched. */
  want(from: number, to: number): void {
    this.#wanted = [from, Math.max(from, to)];
    this.#fetch();
  }

  /** Takes up lines that came just now. */
  append(lines: readonly LogLine[]): void {
    if (!this.known) return;
    for (const line of lines) {
      if (line.number <= this.#last) continue;
      this.#last = line.number;
      if (!within(line.path, this.task)) continue;
      const row = this.task === null ? line.number - this.#first : this.rows;
      this.#place(row, line);
      this.rows = Math.max(this.rows, row + 1);
    }
    this.#changed();
  }

  /** The row of a line, reading on where it is not known yet. `null`: it is not in this log. */
  async rowOf(number: number): Promise<number | null> {
    if (!this.known) await this.#load(0);
    if (this.task === null) {
      const row = number - this.#first;
      return row >= 0 && row < this.rows ? row : null;
    }
    for (;;) {
      const page = lastAtMost(this.#starts, number);
      if (page > this.#lastPage()) return null;
      const complete = page + 1 < this.#starts.length || page === this.#lastPage();
      if (this.#missing(page) || !complete) {
        const before = this.#starts.length;
        await this.#load(page);
        if (this.failure !== null || (this.#missing(page) && this.#starts.length === before)) return null;
        continue;
      }
      const row = this.#pages.get(page)?.findIndex((line) => line?.number === number) ?? -1;
      return row < 0 ? null : page * PAGE + row;
    }
  }

  #lastPage(): number {
    return Math.max(0, Math.ceil(this.rows / PAGE) - 1);
  }

  #missing(page: number): boolean {
    const lines = this.#pages.get(page);
    const wanted = Math.min(PAGE, this.rows - page * PAGE);
    if (!lines) return wanted > 0;
    for (let row = 0; row < wanted; row += 1) if (lines[row] === undefined) return true;
    return false;
  }

  #fetch(): void {
    if (this.#closed || this.#underWay.size >= AT_ONCE) return;
    if (!this.known) {
      void this.#load(0);
      return;
    }
    const [from, to] = this.#wanted;
    const end = Math.min(to, this.rows);
    for (let page = Math.floor(from / PAGE); page * PAGE < end; page += 1) {
      if (this.#missing(page)) void this.#load(page);
      if (this.#underWay.size >= AT_ONCE) return;
    }
  }

  #load(page: number): Promise<void> {
    const query = this.#queryFor(page);
    const key = JSON.stringify(query);
    const running = this.#underWay.get(key);
    if (running) return running;
    const request = this.#request(query, key);
    this.#underWay.set(key, request);
    return request;
  }

  async #request(query: LogQuery, key: string): Promise<void> {
    try {
      const answer = await this.#ask(query);
      if (this.#closed) return;
      this.#take(query, answer);
      this.failure = null;
    } catch (error) {
      this.failure = error instanceof Error ? error.message : String(error);
    } finally {
      this.#underWay.delete(key);
    }
    this.#changed();
    if (this.failure === null) this.#fetch();
  }

  #queryFor(page: number): LogQuery {
    if (this.task === null) return { from: this.#first + page * PAGE, limit: PAGE };
    const start = this.#starts[page];
    const task = this.task;
    if (start !== undefined) return { task, from: start, limit: PAGE };
    // From the end, where that is nearer than what was read so far.
    if (page >= this.#lastPage() - 1) return { task, tail: this.rows - page * PAGE };
    return { task, from: this.#starts.at(-1) ?? 1, limit: STRIDE };
  }

  #take(query: LogQuery, answer: LogPage): void {
    if (this.task === null) this.#takeNumbered(answer);
    else this.#takeFiltered(query, answer, this.task);
    this.known = true;
    this.#evict();
  }

  #takeNumbered(answer: LogPage): void {
    const first = answer.first;
    // A log that was pruned begins later than at 1.
    if (!this.known && first !== null) this.#first = first;
    for (const line of answer.lines) this.#place(line.number - this.#first, line);
    this.rows = Math.max(this.rows, answer.total);
    this.#last = Math.max(this.#last, this.#first + this.rows - 1, answer.last ?? 0);
  }

  #takeFiltered(query: LogQuery, answer: LogPage, task: string): void {
    const own = answer.lines.filter((line) => within(line.path, task));
    this.rows = Math.max(this.rows, answer.total);
    this.#last = Math.max(this.#last, answer.last ?? 0);
    let row = this.rows - own.length;
    if (query.tail === undefined) {
      const page = this.#starts.lastIndexOf(query.from ?? 1);
      row = Math.max(0, page) * PAGE;
    }
    for (const line of own) {
      this.#place(row, line);
      row += 1;
      if (row % PAGE === 0 && query.tail === undefined) this.#starts[row / PAGE] ??= line.number + 1;
    }
  }

  #place(row: number, line: LogLine): void {
    this.several ||= line.path !== this.task;
    const page = Math.floor(row / PAGE);
    let lines = this.#pages.get(page);
    if (!lines) {
      lines = [];
      this.#pages.set(page, lines);
    }
    lines[row % PAGE] = line;
  }

  /** Forgets the pages that are farthest from what is looked at. */
  #evict(): void {
    if (this.#pages.size <= KEPT) return;
    const middle = (this.#wanted[0] + this.#wanted[1]) / 2 / PAGE;
    const far = [...this.#pages.keys()].sort(
      (left, right) => Math.abs(right - middle) - Math.abs(left - middle),
    );
    for (const page of far.slice(0, this.#pages.size - KEPT)) this.#pages.delete(page);
  }

  #changed(): void {
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  }
}

/** Whether a line is of a task or of what stands in it: `fetch` takes in `fetch[3]` and `fetch/inner`. */
export function within(path: string | null, task: string | null): boolean {
  if (task === null) return true;
  if (path === null || !path.startsWith(task)) return false;
  const next = path[task.length];
  return next === undefined || next === "/" || next === "[";
}

function lastAtMost(starts: readonly number[], number: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] ?? 0) <= number) low = middle;
    else high = middle - 1;
  }
  return low;
}
