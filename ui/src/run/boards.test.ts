import { describe, expect, it, vi } from "vitest";
import type { GraphNode, Move, NodeStates, State } from "../api/types";
import { NodeBoard } from "./nodeBoard";
import { TimelineBoard } from "./timelineBoard";

const node = (task: number, mapped = false, parent: number | null = null): GraphNode => ({
  task,
  path: `t${task}`,
  name: `t${task}`,
  kind: "shell",
  parent,
  fact: null,
  mapped,
  when: null,
  line: 1,
  problems: [],
  usual_ms: null,
});

let sequence = 100;
const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
function move(part: Partial<Move> & { to: State }): Move {
  sequence += 1;
  return {
    sequence,
    run: "r",
    flow: "f",
    name: "n",
    number: 1,
    node: 0,
    parent: null,
    index: null,
    items: null,
    attempt: 1,
    from: null,
    at: at(0),
    message: null,
    ...part,
  };
}
const none: NodeStates = { nodes: [], cursor: 0 };

describe("how tasks stand, live", () => {
  it("follows one task through its attempts", () => {
    const board = new NodeBoard([node(0)]);
    board.load(none);
    board.take([
      move({ to: "Running", at: at(1) }),
      move({ from: "Running", to: "AwaitingRetry", at: at(2) }),
    ]);
    expect(board.of(0)).toMatchObject({ state: "AwaitingRetry", total: 1, endedAt: null });
    board.take([
      move({ from: "AwaitingRetry", to: "Retrying", at: at(3) }),
      move({ from: "Retrying", to: "Completed", at: at(5) }),
    ]);
    expect(board.of(0)).toMatchObject({
      state: "Completed",
      counts: { Completed: 1 },
      total: 1,
      attempts: 2,
      startedAt: Date.parse(at(1)),
      endedAt: Date.parse(at(5)),
    });
  });

  it("counts the items of a mapped task, and shows its own row", () => {
    const board = new NodeBoard([node(0, true)]);
    board.load(none);
    board.take([
      move({ to: "Running" }),
      move({ number: 2, parent: 1, index: 0, to: "Running" }),
      move({ number: 3, parent: 1, index: 1, to: "Running" }),
      move({ number: 2, parent: 1, index: 0, from: "Running", to: "Completed" }),
    ]);
    expect(board.of(0)).toMatchObject({ state: "Running", total: 2, counts: { Running: 1, Completed: 1 } });
  });

  it("folds what came while an answer was on its way, once", () => {
    const board = new NodeBoard([node(0), node(1)]);
    const early = move({ to: "Running" });
    const late = move({ from: "Running", to: "Completed" });
    const other = move({ number: 2, node: 1, to: "Running" });
    board.take([early, late, other]);
    expect(board.of(0)?.state).toBeNull();
    board.load({
      nodes: [
        { node: 0, counts: { Running: 1 }, state: "Running", started_at: at(0), ended_at: null, attempts: 1 },
      ],
      cursor: early.sequence,
    });
    expect(board.of(0)).toMatchObject({ state: "Completed", counts: { Running: 0, Completed: 1 }, total: 1 });
    board.take([late, other]);
    expect(board.of(1)).toMatchObject({ total: 1 });
  });

  it("takes up an answer with items and goes on from it", () => {
    const board = new NodeBoard([node(0, true)]);
    board.load({
      nodes: [
        {
          node: 0,
          counts: { Completed: 5, Running: 2 },
          state: "Running",
          started_at: at(0),
          ended_at: null,
          attempts: 1,
        },
      ],
      cursor: sequence,
    });
    board.take([move({ number: 9, parent: 1, index: 6, from: "Running", to: "Failed" })]);
    expect(board.of(0)).toMatchObject({
      state: "Running",
      counts: { Completed: 5, Running: 1, Failed: 1 },
      total: 7,
    });
    board.take([move({ from: "Running", to: "Failed" })]);
    expect(board.of(0)?.state).toBe("Failed");
  });

  it("tells each changed task once a batch, and no other", () => {
    const board = new NodeBoard([node(0, true), node(1)]);
    board.load(none);
    const first = vi.fn();
    const second = vi.fn();
    board.subscribe(0, first);
    board.subscribe(1, second);
    const before = board.of(0);
    board.take(
      Array.from({ length: 500 }, (_, index) => move({ number: index + 2, parent: 1, index, to: "Running" })),
    );
    expect(first).toHaveBeenCalledTimes(1);
    expect(second).not.toHaveBeenCalled();
    expect(before?.total).toBe(0);
    expect(board.of(0)?.total).toBe(500);
  });

  it("tells each of 1,000 tasks once of 2,000 moves", () => {
    const board = new NodeBoard(Array.from({ length: 1000 }, (_, task) => node(task)));
    board.load(none);
    const moves = Array.from({ length: 2000 }, (_, index) =>
      move({
        number: (index % 1000) + 1,
        node: index % 1000,
        from: index < 1000 ? null : "Running",
        to: index < 1000 ? "Running" : "Completed",
      }),
    );
    let told = 0;
    for (let task = 0; task < 1000; task += 1)
      board.subscribe(task, () => {
        told += 1;
      });
    board.take(moves);
    expect(told).toBe(1000);
    expect(board.of(999)?.state).toBe("Completed");
  });
});

describe("the timeline, live", () => {
  it("draws attempts, and the same moves twice draw the same", () => {
    const board = new TimelineBoard([node(0)]);
    const moves = [
      move({ to: "Running", at: at(1) }),
      move({ from: "Running", to: "AwaitingRetry", at: at(3) }),
      move({ from: "AwaitingRetry", to: "Retrying", at: at(4) }),
      move({ from: "Retrying", to: "Completed", at: at(6) }),
    ];
    board.load({ bars: [], left_out: 0 });
    board.take(moves);
    const drawn = structuredClone(board.bars.get(1));
    expect(drawn).toMatchObject({
      state: "Completed",
      attempts: [
        { attempt: 1, start: Date.parse(at(1)), end: Date.parse(at(3)), state: "Failed" },
        { attempt: 2, start: Date.parse(at(4)), end: Date.parse(at(6)), state: "Completed" },
      ],
    });
    board.take(moves);
    expect(board.bars.get(1)).toEqual(drawn);
  });

  it("does not undo what an answer already holds", () => {
    const board = new TimelineBoard([node(0)]);
    board.take([
      move({ to: "Running", at: at(1) }),
      move({ from: "Running", to: "AwaitingRetry", at: at(2) }),
    ]);
    board.load({
      bars: [
        {
          task_run: 1,
          node: 0,
          path: "t0",
          state: "Retrying",
          attempts: [
            { attempt: 1, started_at: at(1), ended_at: at(2), state: "Failed", message: null },
            { attempt: 2, started_at: at(5), ended_at: null, state: null, message: null },
          ],
        },
      ],
      left_out: 0,
    });
    expect(board.bars.get(1)).toMatchObject({ state: "Retrying", attempts: [{}, { end: null }] });
  });

  it("names items after their task, and stops at a number of bars", () => {
    const board = new TimelineBoard([node(0, true)]);
    board.load({ bars: [], left_out: 0 });
    board.take([move({ to: "Running" })]);
    board.take(
      Array.from({ length: 3000 }, (_, index) =>
        move({ number: index + 2, parent: 1, index, to: "Running" }),
      ),
    );
    expect(board.bars.get(4)).toMatchObject({ path: "t0[2]", item: true });
    expect(board.bars.size).toBe(2000);
    expect(board.leftOut).toBe(1001);
  });
});
