// A file that was changed outside while it was edited here: both changes in one text where they touch different
// lines, else each place with both sides, so that nothing is lost.

import { type LineChange, lineChanges, linesOf } from "./lineDiff";

export type Region =
  | { readonly kind: "agreed"; readonly text: string }
  | { readonly kind: "conflict"; readonly base: string; readonly mine: string; readonly theirs: string };

/** The merged text, or `null` where there are conflicts; in both cases its regions in order. */
export interface Merged {
  readonly text: string | null;
  readonly regions: readonly Region[];
}

export type Side = "mine" | "theirs" | "both";

export function merge(base: string, mine: string, theirs: string): Merged {
  const merger = new Merger(linesOf(base), linesOf(mine), linesOf(theirs));
  const regions = merger.regions();
  const agreed = regions.every((region) => region.kind === "agreed");
  return { text: agreed ? settle(regions, []) : null, regions };
}

/** The text when each conflict, in order, is decided; one that is not decided is mine. */
export function settle(regions: readonly Region[], sides: readonly Side[]): string {
  let next = 0;
  return regions
    .map((region) => {
      if (region.kind === "agreed") return region.text;
      const side = sides[next] ?? "mine";
      next += 1;
      if (side !== "both") return region[side];
      const gap = region.mine === "" || region.mine.endsWith("\n") ? "" : "\n";
      return region.mine + gap + region.theirs;
    })
    .join("");
}

/** Changes of both sides that touch the same lines of the base, `[from, to)`. */
interface Cluster {
  from: number;
  to: number;
  readonly mine: LineChange[];
  readonly theirs: LineChange[];
}

class Merger {
  private readonly base: readonly string[];
  private readonly mine: readonly string[];
  private readonly theirs: readonly string[];

  constructor(base: readonly string[], mine: readonly string[], theirs: readonly string[]) {
    this.base = base;
    this.mine = mine;
    this.theirs = theirs;
  }

  regions(): Region[] {
    const regions: Region[] = [];
    let at = 0;
    for (const cluster of this.clusters()) {
      regions.push({ kind: "agreed", text: textOf(this.base, at, cluster.from) });
      regions.push(this.region(cluster));
      at = cluster.to;
    }
    regions.push({ kind: "agreed", text: textOf(this.base, at, this.base.length) });
    return together(regions);
  }

  private clusters(): Cluster[] {
    const changes = [
      ...lineChanges(this.base, this.mine).map((change) => ({ change, side: "mine" as const })),
      ...lineChanges(this.base, this.theirs).map((change) => ({ change, side: "theirs" as const })),
    ].toSorted((left, right) => left.change.from - right.change.from || left.change.to - right.change.to);
    const clusters: Cluster[] = [];
    for (const { change, side } of changes) {
      const last = clusters.at(-1);
      if (last && touch(last, change)) last.to = Math.max(last.to, change.to);
      else clusters.push({ from: change.from, to: change.to, mine: [], theirs: [] });
      clusters.at(-1)?.[side].push(change);
    }
    return clusters;
  }

  private region(cluster: Cluster): Region {
    const base = textOf(this.base, cluster.from, cluster.to);
    const mine = sideOf(this.base, this.mine, cluster, cluster.mine);
    const theirs = sideOf(this.base, this.theirs, cluster, cluster.theirs);
    if (mine === theirs || theirs === base) return { kind: "agreed", text: mine };
    return mine === base ? { kind: "agreed", text: theirs } : { kind: "conflict", base, mine, theirs };
  }
}

/** Whether a change touches lines that the cluster has; what is put in right at its border has no clear order. */
function touch(cluster: Cluster, change: LineChange): boolean {
  if (change.from < cluster.to) return true;
  return change.from === cluster.to && (change.from === change.to || cluster.from === cluster.to);
}

function sideOf(
  base: readonly string[],
  side: readonly string[],
  { from, to }: Cluster,
  changes: readonly LineChange[],
): string {
  let text = "";
  let at = from;
  for (const change of changes) {
    text += textOf(base, at, change.from) + textOf(side, change.start, change.end);
    at = change.to;
  }
  return text + textOf(base, at, to);
}

function textOf(lines: readonly string[], from: number, to: number): string {
  return lines.slice(from, to).join("");
}

function together(regions: readonly Region[]): Region[] {
  const done: Region[] = [];
  for (const region of regions) {
    const last = done.at(-1);
    if (region.kind === "agreed" && last?.kind === "agreed") {
      done[done.length - 1] = { kind: "agreed", text: last.text + region.text };
    } else if (region.kind === "conflict" || region.text !== "") done.push(region);
  }
  return done;
}
