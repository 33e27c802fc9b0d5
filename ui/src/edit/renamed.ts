// Which tasks only have another name in a later text, whoever wrote it: what is known of them by their paths
// goes along.

import type { FlowDocument, TaskPath } from "./document";
import { type Entry, ShiftedEntry } from "./tree";

export interface Renamed {
  /** the groups around it are named as they are after it */
  readonly from: TaskPath;
  readonly to: TaskPath;
}

/** The renamed tasks, a group before its inner ones; `null`: a name is still missing in the later text. */
export function renamedTasks(before: FlowDocument, after: FlowDocument): readonly Renamed[] | null {
  const found: Renamed[] = [];
  return isNamed(before, after, [], [], found) ? found : null;
}

/** Finds those of one group, which may have another path by now. */
function isNamed(
  before: FlowDocument,
  after: FlowDocument,
  was: TaskPath,
  is: TaskPath,
  found: Renamed[],
): boolean {
  const old = before.tasksIn(was)?.entries ?? [];
  const now = after.tasksIn(is)?.entries ?? [];
  if (now.some(({ name }) => name === "")) return false;
  const known = new Map(old.map((entry) => [entry.name, entry]));
  const pairs = pairsOf(before, after, old, now);
  for (const [from, to] of pairs) found.push({ from: [...is, from.name], to: [...is, to.name] });
  const froms = new Map(pairs.map(([from, to]) => [to, from]));
  return now.every((entry) => {
    const from = froms.get(entry) ?? known.get(entry.name);
    if (!from || isUntouched(from, entry)) return true;
    return isNamed(before, after, [...was, from.name], [...is, entry.name], found);
  });
}

function isUntouched(before: Entry, after: Entry): boolean {
  return before instanceof ShiftedEntry && after instanceof ShiftedEntry && before.origin === after.origin;
}

/** What is gone with what came for it. */
function pairsOf(
  before: FlowDocument,
  after: FlowDocument,
  old: readonly Entry[],
  now: readonly Entry[],
): readonly (readonly [Entry, Entry])[] {
  const names = new Set(now.map(({ name }) => name));
  const known = new Set(old.map(({ name }) => name));
  const gone = old.filter(({ name }) => !names.has(name));
  const fresh = now.filter(({ name }) => !known.has(name));
  if (gone.length === 0 || fresh.length === 0) return [];
  const pairs: (readonly [Entry, Entry])[] = [];
  const bodies = byBody(after, fresh);
  for (const [body, entries] of byBody(before, gone)) {
    const [from, ...others] = entries;
    const [to, ...more] = bodies.get(body) ?? [];
    if (from && to && others.length === 0 && more.length === 0) pairs.push([from, to]);
  }
  const [from, ...others] = gone.filter((one) => pairs.every((pair) => pair[0] !== one));
  const [to, ...more] = fresh.filter((one) => pairs.every((pair) => pair[1] !== one));
  if (from && to && others.length === 0 && more.length === 0 && isSamePlace(old, from, now, to))
    pairs.push([from, to]);
  return pairs;
}

function byBody(document: FlowDocument, entries: readonly Entry[]): ReadonlyMap<string, Entry[]> {
  const found = new Map<string, Entry[]>();
  for (const entry of entries) {
    const body = document.source(entry.value).trim();
    found.set(body, [...(found.get(body) ?? []), entry]);
  }
  return found;
}

/** Whether one of the neighbours is the same, or there is none on that side. */
function isSamePlace(old: readonly Entry[], from: Entry, now: readonly Entry[], to: Entry): boolean {
  const [was, is] = [old.indexOf(from), now.indexOf(to)];
  return old[was - 1]?.name === now[is - 1]?.name || old[was + 1]?.name === now[is + 1]?.name;
}
