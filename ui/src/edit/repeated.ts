import type { Span } from "./draft";

/** The places in order, each once: an alias lets one place be found several times. */
export function removeRepeated<T extends Span>(spans: readonly T[]): T[] {
  const found = new Map(spans.map((span) => [span.from, span]));
  return [...found.values()].toSorted((left, right) => left.from - right.from);
}
