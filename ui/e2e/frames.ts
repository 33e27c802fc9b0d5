// How smooth a page is, by the browser's own clock: the gaps between its frames and the work in each.

import type { Page } from "playwright-core";

export interface Frames {
  frames: number;
  /** the longest gap between two frames, and what 95 of 100 stay below, in milliseconds */
  longest: number;
  p95: number;
  /** what the page's thread worked in a frame, until it was painted, likewise */
  work: { longest: number; p95: number };
  /** gaps of more than 50 ms */
  over: number;
}

/** Records a page's frames while `act` goes on. */
export async function framesWhile(page: Page, act: () => Promise<void>): Promise<Frames> {
  await page.evaluate(() => {
    const record = { gaps: [] as number[], work: [] as number[], on: true };
    Object.assign(window, { record });
    let before: number | null = null;
    const { port1, port2 } = new MessageChannel();
    let began = 0;
    // A message that is sent in a frame comes when the frame has been laid out and painted.
    port1.onmessage = () => record.work.push(performance.now() - began);
    const frame = (at: number) => {
      if (before !== null) record.gaps.push(at - before);
      before = at;
      began = performance.now();
      port2.postMessage(null);
      if (record.on) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  await act();
  const { gaps, work } = await page.evaluate(() => {
    const { record } = window as unknown as { record: { gaps: number[]; work: number[]; on: boolean } };
    record.on = false;
    return { gaps: record.gaps, work: record.work };
  });
  return {
    frames: gaps.length,
    longest: Math.max(0, ...gaps),
    p95: share(gaps, 0.95),
    work: { longest: Math.max(0, ...work), p95: share(work, 0.95) },
    over: gaps.filter((gap) => gap > 50).length,
  };
}

/** What this share of the values stays below. */
function share(values: readonly number[], of: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * of))] ?? 0;
}
