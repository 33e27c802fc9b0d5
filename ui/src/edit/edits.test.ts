// Every edit on every example and on hundreds of generated flows: it touches only the lines that it must, does to
// the flow's value what it says and nothing else, and is undone and done again byte for byte.

import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { FlowDocument } from "./document";
import { attempt, type Edit, isRefusal } from "./draft";
import { History } from "./history";
import type { Splice } from "./splice";
import { isMap, type Plain, type PlainMap, pathsOf, taskAt, waits } from "./testing/expected";
import { Dice, generatedFlow } from "./testing/generatedFlow";
import { open } from "./testing/testFlows";
import { allowedLines, DRAWS, type Draw, type Trial } from "./testing/trials";

const folder = new URL("../../../examples/", import.meta.url);
const examples = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".flow.yaml"))
  .map((name) => ({ name, text: readFileSync(new URL(name, folder), "utf8") }));

const counts = new Map<string, { done: number; refused: Map<string, number> }>();

/** One edit, checked in every way; the document after it. */
function check(document: FlowDocument, draw: Draw, kind: string, dice: Dice): FlowDocument {
  const before: PlainMap = parse(document.text);
  if (pathsOf(before).length === 0) return document;
  const trial = draw(before, dice);
  if (!trial) return document;
  const outcome = attempt(document, trial.make);
  const count = counts.get(kind) ?? { done: 0, refused: new Map() };
  counts.set(kind, count);
  if (isRefusal(outcome)) {
    count.refused.set(outcome.refused, (count.refused.get(outcome.refused) ?? 0) + 1);
    if (!mayRefuse(document, trial, outcome.refused))
      fail(trial, document, `${outcome.refused}: ${outcome.message}`);
    return document;
  }
  count.done += 1;
  checkValue(trial, document, before, outcome);
  checkLines(trial, document, outcome.splices);
  checkHistory(document.text, outcome);
  return outcome.document;
}

function mayRefuse(document: FlowDocument, trial: Trial, reason: string): boolean {
  if (reason === "anchored") return document.text.includes("*n");
  // Blank lines behind a text that keeps them cannot move with it.
  if (reason === "unusual") return /\|\d?\+/.test(document.text) || trial.expect === null;
  if (trial.expect === null)
    return ["cannot-keep", "cycle", "name-taken", "name-hidden", "unusual"].includes(reason);
  // Two of a name, an inner one and a new one, may hide each other.
  return reason === "name-hidden" || (reason === "name-taken" && /renamed|z9|_|added/.test(document.text));
}

function fail(trial: Trial, document: FlowDocument, message: string): never {
  throw new Error(`${trial.name}: ${message}\n${document.text}`);
}

function checkValue(trial: Trial, document: FlowDocument, before: PlainMap, { document: after }: Edit): void {
  const value: PlainMap = parse(after.text);
  if (trial.expect) {
    const wanted: PlainMap = JSON.parse(JSON.stringify(before));
    trial.expect(wanted);
    if (!isSame(wanted, value)) {
      expect({ trial: trial.name, text: document.text, value }).toEqual({
        trial: trial.name,
        text: document.text,
        value: wanted,
      });
    }
    expect(pathsOf(value)).toEqual(pathsOf(wanted));
    return;
  }
  checkRegrouped(trial, document, before, value, after);
}

/** What tasks do stays, and who waited for whom still does. */
function checkRegrouped(
  trial: Trial,
  document: FlowDocument,
  before: PlainMap,
  value: PlainMap,
  after: FlowDocument,
): void {
  const [old, now] = [bodies(before), bodies(value)];
  if (old !== now) expect(`${trial.name}\n${now}`).toBe(`${trial.name}\n${old}`);
  const mark = (flow: PlainMap) => (path: readonly string[]) => JSON.stringify(bodyOf(taskAt(flow, path)));
  const marks = pathsOf(before).map(mark(before));
  // Tasks are told apart by what they do; where two do the same, nothing can be said.
  if (new Set(marks).size < marks.length) return;
  const waiting = waits(value, mark(value));
  for (const pair of waits(before, mark(before))) {
    if (!waiting.has(pair)) fail(trial, document, `lost ${pair}\n${after.text}`);
  }
}

/** A task without what regrouping may change. */
function bodyOf(task: PlainMap): Plain {
  const entries = Object.entries(task).filter(([key]) => !["needs", "join", "tasks"].includes(key));
  const text = JSON.stringify(Object.fromEntries(entries), (_, value) =>
    typeof value === "string" ? value.replace(/\{\{.*?\}\}/gs, "{{ }}") : value,
  );
  return JSON.parse(text);
}

function bodies(flow: PlainMap): string {
  const all = pathsOf(flow).map((path) => JSON.stringify(bodyOf(taskAt(flow, path))));
  // A group itself does nothing.
  return all
    .filter((body) => body !== "{}")
    .toSorted()
    .join("\n");
}

function isSame(left: Plain | undefined, right: Plain | undefined): boolean {
  if (Array.isArray(left)) {
    return (
      Array.isArray(right) && left.length === right.length && left.every((one, at) => isSame(one, right[at]))
    );
  }
  if (!isMap(left)) return left === right;
  if (!isMap(right)) return false;
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => key in right && isSame(left[key], right[key]))
  );
}

/** Lines that no splice touches are the same by themselves; those that one touches must be allowed. */
function checkLines(trial: Trial, document: FlowDocument, splices: readonly Splice[]): void {
  const allowed = allowedLines(document, trial);
  for (const splice of splices) {
    for (const line of touched(document.text, splice)) {
      if (!allowed.has(line)) {
        fail(
          trial,
          document,
          `touches line ${line + 1}: ${JSON.stringify(splice)} in ${JSON.stringify(document.text.split("\n")[line])}`,
        );
      }
    }
  }
}

function touched(text: string, { from, to, insert }: Splice): number[] {
  const isStart = (at: number) => at === 0 || text[at - 1] === "\n";
  const isEnd = (at: number) => at === text.length || /^\r?\n/.test(text.slice(at, at + 2));
  const lineOf = (at: number) => text.slice(0, at).split("\n").length - 1;
  if (from === to) {
    const isWhole = (isStart(from) && insert.endsWith("\n")) || (isEnd(from) && /^\r?\n/.test(insert));
    // Something new behind the last part in braces needs a comma on its line.
    return isWhole || insert === "," ? [] : from < text.length ? [lineOf(from)] : [];
  }
  const first = lineOf(from) + (isEnd(from) ? 1 : 0);
  const last = lineOf(Math.max(from, to - 1));
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => first + at);
}

function checkHistory(text: string, edit: Edit): void {
  const history = new History(text);
  history.change({ splices: edit.splices, time: 0 });
  expect(history.text).toBe(edit.document.text);
  history.undo();
  expect(history.text).toBe(text);
  history.redo();
  expect(history.text).toBe(edit.document.text);
}

describe("every edit", () => {
  it.each(examples)("keeps the rest of $name", { timeout: 30_000 }, ({ text }) => {
    for (const [kind, draw] of Object.entries(DRAWS)) {
      for (let seed = 0; seed < 8; seed += 1) check(open(text), draw, kind, new Dice(seed));
    }
  });

  it("keeps the rest of flows that are written in any way", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1_000_000 }),
        fc.array(fc.nat(1_000_000), { minLength: 3, maxLength: 6 }),
        (seed, edits) => {
          let document = open(generatedFlow(seed));
          for (const number of edits) {
            const dice = new Dice(number);
            const kind = dice.pick(Object.keys(DRAWS));
            const draw = DRAWS[kind];
            if (draw) document = check(document, draw, kind, dice);
          }
        },
      ),
      { seed: 7, numRuns: 220 },
    );
  });

  it("is refused only where it must be", () => {
    for (const [kind, { done, refused }] of counts) {
      const all = [...refused.values()].reduce((sum, count) => sum + count, done);
      const share = ["group", "ungroup", "move"].includes(kind) ? 0.2 : 0.85;
      expect([kind, done / all > share, done, ...refused]).toEqual([kind, true, done, ...refused]);
    }
    expect(counts.size).toBe(Object.keys(DRAWS).length);
  });
});
