import { expect, it, vi } from "vitest";
import type { Graph, GraphNode, NodeStates } from "../api/types";
import { withCalled } from "../graph/called";
import { statesOf } from "./calledStates";
import { NodeBoard } from "./nodeBoard";

const node = (task: number, path: string, kind = "shell", fact: string | null = null): GraphNode => ({
  task,
  path,
  name: path,
  kind,
  parent: null,
  fact,
  mapped: false,
  when: null,
  line: task + 2,
  problems: [],
  usual_ms: null,
});
const graph = (...nodes: GraphNode[]): Graph => ({ flow: "f", version: "", nodes, edges: [], problems: [] });
const answer = (...states: [number, "Running" | "Completed"][]): NodeStates => ({
  cursor: 1,
  nodes: states.map(([of, state]) => ({
    node: of,
    state,
    counts: { [state]: 1 },
    started_at: null,
    ended_at: null,
    attempts: 1,
  })),
});

it("tells how the tasks of a called run stand by what they are in the graph around it", () => {
  const own = graph(node(0, "call", "flow", "inner"), node(1, "last"));
  const inner = graph(node(0, "one"), node(1, "two"));
  const [outer, called] = [new NodeBoard(own.nodes), new NodeBoard(inner.nodes)];
  outer.load(answer([0, "Running"]));
  called.load(answer([0, "Completed"], [1, "Running"]));
  const drawn = withCalled(own, "outer", new Set(["call"]), () => ({ graph: inner, error: null })).graph;
  expect(statesOf(outer, own, () => null)).toBe(outer);
  const run = { graph: inner, states: called };
  const states = statesOf(outer, drawn, (path) => (path === "call" ? run : null));
  const state = (task: number) => states.of(task)?.state;
  const taskOf = (path: string) => drawn.nodes.find((one) => one.path === path)?.task ?? 99;
  expect([state(0), state(1), state(taskOf("call//one")), state(taskOf("call//two"))]).toEqual([
    "Running",
    null,
    "Completed",
    "Running",
  ]);
  const [heard, watched] = [vi.fn(), vi.fn()];
  const leave = states.subscribe(taskOf("call//two"), heard);
  states.watch(watched);
  const before = states.version();
  called.load(answer([0, "Completed"], [1, "Completed"]));
  expect([heard.mock.calls.length, watched.mock.calls.length]).toEqual([1, 1]);
  expect(states.version()).toBeGreaterThan(before);
  leave();
  called.load(answer([1, "Running"]));
  expect(heard).toHaveBeenCalledTimes(1);
});
