// A difference with the lines that are the same folded away, but for a few around each change.

import type { DiffLine } from "../api/types";

export type Hunk =
  | { kind: "lines"; key: string; lines: DiffLine[] }
  | { kind: "folded"; key: string; count: number };

export function hunksOf(lines: readonly DiffLine[], around: number): Hunk[] {
  const near = new Array<boolean>(lines.length).fill(false);
  for (const [at, line] of lines.entries()) {
    if (line.kind !== "same" || around === Number.POSITIVE_INFINITY) {
      near.fill(true, Math.max(0, at - around), at + around + 1);
    }
  }
  const hunks: Hunk[] = [];
  for (const [at, line] of lines.entries()) {
    const last = hunks.at(-1);
    if (near[at]) {
      if (last?.kind === "lines") last.lines.push(line);
      else hunks.push({ kind: "lines", key: `l${at}`, lines: [line] });
    } else if (last?.kind === "folded") last.count += 1;
    else hunks.push({ kind: "folded", key: `f${at}`, count: 1 });
  }
  return hunks;
}
