// Which lines of a text differ from another's: Myers' greedy algorithm over whole lines.

/** Lines `[from, to)` of the left text became `[start, end)` of the right one. */
export interface LineChange {
  readonly from: number;
  readonly to: number;
  readonly start: number;
  readonly end: number;
}

/** More differences than this are one large one: to find each would take long and help nobody. */
const MOST = 2_000;

/** The lines with their breaks. */
export function linesOf(text: string): string[] {
  return text === "" ? [] : text.split(/(?<=\n)/);
}

export function lineChanges(left: readonly string[], right: readonly string[]): LineChange[] {
  let head = 0;
  const shorter = Math.min(left.length, right.length);
  while (head < shorter && left[head] === right[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && left.at(-1 - tail) === right.at(-1 - tail)) tail += 1;
  const one = left.slice(head, left.length - tail);
  const other = right.slice(head, right.length - tail);
  return joined(pathOf(one, other)).map(({ from, to, start, end }) => ({
    from: from + head,
    to: to + head,
    start: start + head,
    end: end + head,
  }));
}

/** One line taken out or put in, in order. */
type StepOf = readonly [left: number, right: number, kind: "out" | "in"];

function pathOf(left: readonly string[], right: readonly string[]): LineChange[] {
  if (left.length === 0 && right.length === 0) return [];
  const whole = [{ from: 0, to: left.length, start: 0, end: right.length }];
  if (left.length === 0 || right.length === 0) return whole;
  const traces: Int32Array[] = [];
  const size = Math.min(left.length + right.length, MOST);
  const furthest = new Int32Array(2 * size + 3).fill(-1);
  const middle = size + 1;
  furthest[middle + 1] = 0;
  for (let distance = 0; distance <= size; distance += 1) {
    traces.push(furthest.slice(middle - distance - 1, middle + distance + 2));
    for (let diagonal = -distance; diagonal <= distance; diagonal += 2) {
      const below = furthest[middle + diagonal - 1] ?? -1;
      const above = furthest[middle + diagonal + 1] ?? -1;
      let x = diagonal === -distance || (diagonal !== distance && below < above) ? above : below + 1;
      while (x < left.length && x - diagonal < right.length && left[x] === right[x - diagonal]) x += 1;
      furthest[middle + diagonal] = x;
      if (x >= left.length && x - diagonal >= right.length)
        return stepsBack(traces, left.length, right.length);
    }
  }
  return whole;
}

function stepsBack(traces: readonly Int32Array[], width: number, height: number): LineChange[] {
  const steps: StepOf[] = [];
  let [x, y] = [width, height];
  for (let distance = traces.length - 1; distance > 0; distance -= 1) {
    const trace = traces[distance] ?? new Int32Array();
    const at = (diagonal: number) => trace[diagonal + distance + 1] ?? -1;
    const diagonal = x - y;
    const isIn = diagonal === -distance || (diagonal !== distance && at(diagonal - 1) < at(diagonal + 1));
    const before = isIn ? diagonal + 1 : diagonal - 1;
    x = at(before);
    y = x - before;
    steps.push([x, y, isIn ? "in" : "out"]);
  }
  return steps.reverse().map(([from, start, kind]) => ({
    from,
    to: kind === "out" ? from + 1 : from,
    start,
    end: kind === "in" ? start + 1 : start,
  }));
}

/** Changes that follow each other without a line between are one. */
function joined(changes: readonly LineChange[]): LineChange[] {
  const done: LineChange[] = [];
  for (const change of changes) {
    const last = done.at(-1);
    if (last && last.to === change.from && last.end === change.start) {
      done[done.length - 1] = { ...last, to: change.to, end: change.end };
    } else done.push(change);
  }
  return done;
}
