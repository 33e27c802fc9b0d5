// The time axis: which moments have a mark, and what the window over it shows.

/** Milliseconds since 1970, from and to. */
export interface Span {
  from: number;
  to: number;
}

const STEPS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000,
  600_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000,
  172_800_000, 604_800_000,
];

/** The marks of a span, at most about `most` of them, as milliseconds since the run's start. */
export function marks(view: Span, origin: number, most: number): number[] {
  const length = view.to - view.from;
  if (length <= 0 || most < 1) return [];
  const step =
    STEPS.find((one) => length / one <= most) ?? Math.ceil(length / most / 604_800_000) * 604_800_000;
  const found: number[] = [];
  for (let at = Math.ceil((view.from - origin) / step) * step; origin + at <= view.to; at += step)
    found.push(at);
  return found;
}

/** A mark's words: `0`, `250 ms`, `1.5 s`, `0:30`, `1:02:00`. */
export function markWord(ms: number, step: number): string {
  if (ms === 0) return "0";
  if (step < 1000) return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(step < 100 ? 2 : 1)} s`;
  const seconds = Math.floor(ms / 1000);
  const two = (n: number) => String(n).padStart(2, "0");
  const rest = `${Math.floor((seconds % 3600) / 60)}:${two(seconds % 60)}`;
  const hours = Math.floor(seconds / 3600);
  if (hours === 0) return rest;
  return `${hours}:${two(Math.floor((seconds % 3600) / 60))}:${two(seconds % 60)}`;
}

/** Zooms around a moment, within bounds and not closer than a hundredth of a second. */
export function zoomed(view: Span, bounds: Span, around: number, factor: number): Span {
  const length = Math.min(bounds.to - bounds.from, Math.max(10, (view.to - view.from) * factor));
  const share = (around - view.from) / (view.to - view.from);
  return within({ from: around - share * length, to: around + (1 - share) * length }, bounds);
}

export function shifted(view: Span, bounds: Span, by: number): Span {
  return within({ from: view.from + by, to: view.to + by }, bounds);
}

function within(view: Span, bounds: Span): Span {
  const length = Math.min(view.to - view.from, bounds.to - bounds.from);
  const from = Math.min(Math.max(view.from, bounds.from), bounds.to - length);
  return { from, to: from + length };
}
