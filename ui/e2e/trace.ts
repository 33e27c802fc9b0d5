// What a page's main thread works in each frame, by the browser's own trace.

import type { Browser, Page } from "playwright-core";

/** Milliseconds of work in a frame. */
export interface Work {
  frames: number;
  median: number;
  p95: number;
  longest: number;
}

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** microseconds */
  readonly ts: number;
  readonly dur?: number;
  readonly args?: { readonly name?: string };
}

/** Where the browser begins a frame on the main thread, and what it runs there. */
const FRAME = "BeginMainThreadFrame";
const TASK = /RunTask$/;
const CATEGORIES = ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline.frame"];

/** Traces a page while `act` goes on. */
export async function workWhile(on: Browser, page: Page, act: () => Promise<void>): Promise<Work> {
  await on.startTracing(page, { categories: CATEGORIES });
  await act();
  const text = (await on.stopTracing()).toString();
  const { traceEvents } = JSON.parse(text) as { traceEvents: TraceEvent[] };
  return workIn(traceEvents);
}

function workIn(events: readonly TraceEvent[]): Work {
  const threads = new Map<string, TraceEvent[]>();
  for (const event of events) {
    const thread = `${event.pid}/${event.tid}`;
    const known = threads.get(thread);
    if (known) known.push(event);
    else threads.set(thread, [event]);
  }
  // Each process of the browser has a main thread; the page's is the one that draws.
  const framesOf = (thread: readonly TraceEvent[]) => thread.filter(({ name }) => name === FRAME);
  const [page] = [...threads.values()].sort((a, b) => framesOf(b).length - framesOf(a).length);
  const begins = framesOf(page ?? [])
    .map(({ ts }) => ts)
    .sort((a, b) => a - b);
  const tasks = (page ?? []).filter(({ name, ph }) => ph === "X" && TASK.test(name));
  const spans = tasks.map(({ ts, dur = 0 }) => ({ from: ts, to: ts + dur })).sort((a, b) => a.from - b.from);
  const work: number[] = [];
  let at = 0;
  for (const [index, begin] of begins.entries()) {
    const end = begins[index + 1];
    if (end === undefined) break;
    // The task that begins a frame began a moment before it says so.
    while (spans[at] && (spans[at]?.to ?? 0) < begin) at += 1;
    let sum = 0;
    let until = 0;
    for (; spans[at] && (spans[at]?.from ?? 0) < end; at += 1) {
      const { from, to } = spans[at] ?? { from: 0, to: 0 };
      // A task within a task is counted with it.
      if (from < until) continue;
      until = to;
      sum += to - from;
    }
    work.push(sum / 1000);
  }
  work.sort((a, b) => a - b);
  const share = (of: number) => work[Math.min(work.length - 1, Math.floor(work.length * of))] ?? 0;
  return { frames: work.length, median: share(0.5), p95: share(0.95), longest: work.at(-1) ?? 0 };
}
