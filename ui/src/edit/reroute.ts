// What tasks need, for where they will stand: `needs` names siblings, so a need across a group's border is the
// group's. What a group cannot wait for in its tasks' place is refused.

import { Refused } from "./draft";
import { type Arrangement, apart, type Spot } from "./spot";
import type { Need, Outcome, Task } from "./tasks";

export type Wanted = ReadonlyMap<Spot, ReadonlyMap<string, Outcome>>;

interface Edge {
  readonly task: Task;
  readonly upstream: Task;
  readonly need: Need;
  readonly on: Outcome;
}

/** The needs of every task as they will be. */
export function reroute(arrangement: Arrangement): Wanted {
  const wanted = new Map(arrangement.all.map((spot) => [spot, new Map<string, Outcome>()]));
  const { graph, dissolved } = arrangement;
  for (const task of graph.all) {
    for (const need of task.needs) {
      const upstream = graph.siblings(task.parent).find((other) => other.name === need.name);
      // What names nothing is kept as it is.
      if (!upstream && task !== dissolved) wanted.get(arrangement.at(task))?.set(need.name, need.on);
      for (const edge of upstream ? edgesFor(arrangement, task, upstream, need) : []) {
        route(arrangement, wanted, edge);
      }
    }
    for (const edge of inherited(arrangement, task)) route(arrangement, wanted, edge);
  }
  return wanted;
}

/** A task that leaves a group still waits for what the group waited for. */
function inherited(arrangement: Arrangement, task: Task): Edge[] {
  if (task === arrangement.dissolved || task.parent === arrangement.dissolved) return [];
  const around = arrangement.at(task).chain;
  const edges: Edge[] = [];
  for (let group = task.parent; group && !around.includes(arrangement.at(group)); group = group.parent) {
    const { needs, parent } = group;
    for (const need of needs) {
      const upstream = arrangement.graph.siblings(parent).find((other) => other.name === need.name);
      if (!upstream || !mustWait(arrangement, task, group)) continue;
      if (task.joinsAny && task.needs.length > 0) {
        refuse(need, `\`${task.name}\` joins any of its needs, and would wait for \`${need.name}\` too`);
      }
      edges.push({ task, upstream, need, on: need.on });
    }
  }
  return edges;
}

/** One edge, or those that stand for it where a group is taken apart. */
function edgesFor(arrangement: Arrangement, task: Task, upstream: Task, need: Need): Edge[] {
  const { dissolved } = arrangement;
  if (task === dissolved) {
    return waiting(arrangement, task, need).map((member) => ({ task: member, upstream, need, on: need.on }));
  }
  if (upstream !== dissolved) {
    const left = leaving(arrangement, upstream, need);
    if (task.joinsAny && left.length > 0) {
      refuse(need, `\`${task.name}\` joins any of its needs: several would stand for \`${upstream.name}\``);
    }
    return [upstream, ...left].map((one) => ({ task, upstream: one, need, on: need.on }));
  }
  const ends = endsOf(arrangement, upstream, need);
  if (task.joinsAny && ends.length > 1)
    refuse(need, `\`${task.name}\` joins any of its needs: several would stand for one`);
  return ends.map((member) => ({ task, upstream: member, need, on: need.on }));
}

/** Tasks that leave a group: who waited for the group waits for them, too, unless others in it do. */
function leaving(arrangement: Arrangement, group: Task, need: Need): Task[] {
  const place = arrangement.at(group);
  const left = insideOf(group).filter((task) => {
    const { parent } = task;
    if (!parent || task === arrangement.dissolved || parent === arrangement.dissolved) return false;
    const { chain } = arrangement.at(task);
    // What stands in a group that leaves goes with it.
    return !chain.includes(place) && !chain.includes(arrangement.at(parent));
  });
  const waited = (task: Task) =>
    task.parent?.inner.some((other) => other !== task && waitsFor(arrangement, other, task)) ?? false;
  const ends = left.filter((task) => !waited(task));
  if (ends.length > 0 && need.on === "failed") {
    refuse(need, `a failure of \`${group.name}\` is one of any of its tasks`);
  }
  if (need.on === "succeeded") checkSure(ends, group, need);
  return ends;
}

function insideOf(group: Task): Task[] {
  return group.inner.flatMap((task) => [task, ...insideOf(task)]);
}

/** A task that may be skipped counts as done in a group, but not on its own. */
function checkSure(tasks: readonly Task[], group: Task, need: Need): void {
  const skipped = tasks.find((task) => task.has("when") || task.needs.some(({ on }) => on === "failed"));
  if (skipped) {
    refuse(need, `\`${skipped.name}\` may be skipped: who waits for \`${group.name}\` would be skipped too`);
  }
}

/** The tasks of a group that must wait for what it needs: the others wait for them. */
function waiting(arrangement: Arrangement, group: Task, need: Need): Task[] {
  const members = group.inner.filter((task) => mustWait(arrangement, task, group));
  const joining = members.find((task) => task.joinsAny && task.needs.length > 0);
  if (joining)
    refuse(need, `\`${joining.name}\` joins any of its needs, and would wait for \`${need.name}\` too`);
  return members;
}

function mustWait(arrangement: Arrangement, task: Task, group: Task): boolean {
  return (
    isFirst(arrangement, task, group) || task.joinsAny || task.needs.some(({ on }) => on !== "succeeded")
  );
}

/** Whether the task waits for no other task of its group. */
function isFirst(arrangement: Arrangement, task: Task, group: Task): boolean {
  return !group.inner.some((other) => other !== task && waitsFor(arrangement, task, other));
}

function endsOf(arrangement: Arrangement, group: Task, need: Need): readonly Task[] {
  const members = group.inner;
  if (members.length === 1 || need.on === "finished") return members;
  if (need.on === "failed") refuse(need, `a failure of \`${group.name}\` is one of any of its tasks`);
  checkSure(members, group, need);
  return members.filter(
    (task) => !members.some((other) => other !== task && waitsFor(arrangement, other, task)),
  );
}

/** Whether a task names another one as a need, or reads it; inner tasks wait for their group. */
export function waitsFor(arrangement: Arrangement, task: Task, upstream: Task): boolean {
  if (task.parent === upstream.parent && task.needs.some(({ name }) => name === upstream.name)) return true;
  const reads = task.expressions.some(({ mentions }) =>
    mentions.some((mention) => arrangement.graph.chain(task, mention)[0]?.task === upstream),
  );
  return reads || task.inner.some((inner) => waitsFor(arrangement, inner, upstream));
}

function route(arrangement: Arrangement, wanted: Map<Spot, Map<string, Outcome>>, edge: Edge): void {
  const { task, upstream, need, on } = edge;
  const [from, to] = [arrangement.at(upstream), arrangement.at(task)];
  const pair = apart(to, from);
  if (!pair) {
    const message = `one of \`${task.name}\` and \`${upstream.name}\` would stand inside of the other`;
    throw new Refused("cycle", message, [need]);
  }
  const [reader, source] = pair;
  const isLifted = reader !== to || source !== from;
  if (isLifted && task.joinsAny && task.needs.length > 1) {
    const mend = "move all of them or none, or move it too";
    refuse(need, `\`${task.name}\` joins any of its needs: one of them cannot move to a group — ${mend}`);
  }
  if (reader !== to) checkGate(arrangement, edge, reader);
  if (source !== from && on === "failed" && !isAlone(arrangement, from, source)) {
    const why = "a group fails with any of its tasks";
    const mend = `take \`${task.name}\` into the group too, or leave \`${upstream.name}\` out of it`;
    refuse(need, `\`${task.name}\` waits for a failure of \`${upstream.name}\` alone: ${why} — ${mend}`);
  }
  const needs = wanted.get(reader);
  const before = needs?.get(source.name);
  if (before && before !== on) {
    refuse(need, `\`${source.name}\` would be needed as \`${before}\` and as \`${on}\``);
  }
  needs?.set(source.name, on);
}

/** A group that waits for a failure runs none of its tasks without it. */
function checkGate(arrangement: Arrangement, { task, upstream, need, on }: Edge, group: Spot): void {
  if (group.task?.joinsAny) refuse(need, `\`${group.name}\` joins any of its needs`);
  if (on !== "failed") return;
  const members = [...arrangement.inside(group).values()].flatMap((spot) => (spot.task ? [spot.task] : []));
  const isFree = (member: Task) =>
    !members.some((other) => other !== member && waitsFor(arrangement, member, other)) &&
    !member.needs.some(({ name, on: outcome }) => name === upstream.name && outcome === "failed");
  if (members.some((member) => member !== task && isFree(member))) {
    const mend = `take \`${upstream.name}\` into the group too, or leave \`${task.name}\` out of it`;
    refuse(
      need,
      `only \`${task.name}\` waits for a failure of \`${upstream.name}\`, not the whole group — ${mend}`,
    );
  }
}

/** Whether nothing else stands in the groups around it. */
function isAlone(arrangement: Arrangement, spot: Spot, group: Spot): boolean {
  return spot.chain
    .slice(spot.chain.indexOf(group), -1)
    .every((around) => arrangement.inside(around).size === 1);
}

function refuse(need: Need, message: string): never {
  throw new Refused("cannot-keep", message, [need]);
}

/** Refuses tasks that would wait for each other. */
export function checkCycles(arrangement: Arrangement, wanted: Wanted): void {
  const waits = new Map<Spot, Set<Spot>>();
  for (const [spot, needs] of wanted) {
    const siblings = arrangement.inside(spot.parent);
    waits.set(spot, new Set([...needs.keys()].flatMap((name) => siblings.get(name) ?? [])));
  }
  for (const [reader, upstream] of implied(arrangement)) waits.get(reader)?.add(upstream);
  const done = new Set<Spot>();
  for (const spot of waits.keys()) follow(spot, waits, done);
}

/** Goes upstream from a task; a way that comes back to itself is a cycle. */
function follow(start: Spot, waits: ReadonlyMap<Spot, ReadonlySet<Spot>>, done: Set<Spot>): void {
  const way: { readonly spot: Spot; readonly left: Spot[] }[] = [];
  const on = new Set<Spot>();
  const enter = (spot: Spot) => {
    const at = on.has(spot) ? way.findIndex((step) => step.spot === spot) : -1;
    if (at >= 0) refuseCycle(way.slice(at).map((step) => step.spot));
    if (done.has(spot)) return;
    on.add(spot);
    way.push({ spot, left: [...(waits.get(spot) ?? [])] });
  };
  enter(start);
  for (let step = way.at(-1); step; step = way.at(-1)) {
    const next = step.left.pop();
    if (next) {
      enter(next);
    } else {
      done.add(step.spot);
      way.pop();
    }
  }
}

function refuseCycle(cycle: readonly Spot[]): never {
  const names = [...cycle, ...cycle.slice(0, 1)].map(({ name }) => `\`${name}\``).reverse();
  throw new Refused("cycle", `the tasks would wait for each other: ${names.join(" → ")}`);
}

/** The edges that expressions imply, between siblings. */
function* implied(arrangement: Arrangement): Iterable<readonly [Spot, Spot]> {
  const { graph, dissolved } = arrangement;
  for (const task of graph.all) {
    if (task === dissolved) continue;
    for (const mention of task.expressions.flatMap((expression) => expression.mentions)) {
      const upstream = graph.chain(task, mention).at(-1)?.task;
      const pair =
        upstream && upstream !== dissolved && apart(arrangement.at(task), arrangement.at(upstream));
      if (pair) yield pair;
    }
  }
}
