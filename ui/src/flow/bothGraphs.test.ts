import { expect, it } from "vitest";
import type { Graph, GraphDiff, GraphEdge, GraphNode, TaskChange } from "../api/types";
import { shapeOf } from "../graph/shape";
import { bothGraphs } from "./bothGraphs";

const node = (task: number, path: string, parent: number | null = null): GraphNode => ({
  task,
  path,
  name: path.split("/").at(-1) ?? "",
  kind: "shell",
  parent,
  fact: null,
  mapped: false,
  when: null,
  line: task + 2,
  problems: [],
  usual_ms: null,
});
const edge = (from: number, to: number, on: GraphEdge["on"] = "succeeded"): GraphEdge => ({
  from,
  to,
  on,
  implied: false,
  condition: null,
});
const graph = (nodes: GraphNode[], edges: GraphEdge[] = []): Graph => ({
  flow: "f",
  version: "",
  nodes,
  edges,
  problems: [],
});
const change = (how: TaskChange["change"], path: string, from: string | null = null): TaskChange => ({
  change: how,
  path,
  from,
  keys: [],
});
const diff = (tasks: TaskChange[], edges: GraphDiff["edges"] = []): GraphDiff => ({ tasks, edges, keys: [] });

it("puts what went where it stood, and numbers nothing twice", () => {
  const left = graph([node(0, "a"), node(1, "g"), node(2, "g/old", 1), node(3, "gone"), node(4, "z")]);
  const right = graph([node(0, "a"), node(1, "g"), node(2, "g/new", 1), node(3, "z")]);
  const both = bothGraphs(
    left,
    right,
    diff([change("added", "g/new"), change("removed", "g/old"), change("removed", "gone")]),
  );
  expect(both.graph.nodes.map(({ task, path, parent }) => [task, path, parent])).toEqual([
    [0, "a", null],
    [1, "g", null],
    [4, "g/old", 1],
    [2, "g/new", 1],
    [5, "gone", null],
    [3, "z", null],
  ]);
  expect([...both.changes].map(([task, { change: how }]) => [task, how])).toEqual([
    [2, "added"],
    [4, "removed"],
    [5, "removed"],
  ]);
  expect(both.taskAt("left", "z")).toBe(3);
  expect(both.taskAt("right", "gone")).toBeNull();
});

it("draws a task that was renamed or moved once, with what is in it", () => {
  const left = graph([node(0, "g"), node(1, "g/in", 0), node(2, "g/out", 0)], [edge(1, 2)]);
  const right = graph([node(0, "out"), node(1, "h"), node(2, "h/in", 1)]);
  const both = bothGraphs(
    left,
    right,
    diff(
      [change("moved", "out", "g/out"), change("renamed", "h", "g")],
      [{ change: "removed", from: "g/in", to: "g/out", on: "succeeded", implied: false }],
    ),
  );
  expect(both.graph.nodes.map(({ path }) => path)).toEqual(["out", "h", "h/in"]);
  expect(both.taskAt("left", "g/in")).toBe(2);
  expect(both.graph.edges).toEqual([{ ...edge(2, 0), change: "removed" }]);
});

it("draws an edge that opens on another outcome now as two", () => {
  const nodes = [node(0, "a"), node(1, "b")];
  const ends = { from: "a", to: "b", implied: false };
  const both = bothGraphs(
    graph(nodes, [edge(0, 1)]),
    graph(nodes, [edge(0, 1, "failed")]),
    diff(
      [change("changed", "b")],
      [
        { ...ends, change: "removed", on: "succeeded" },
        { ...ends, change: "added", on: "failed" },
      ],
    ),
  );
  const shape = shapeOf(both.graph, new Set());
  expect(shape.edges.map(({ id }) => id)).toEqual(["0-failed-1-added", "0-succeeded-1-removed"]);
  const plain = shapeOf({ nodes, edges: [edge(0, 1)] }, new Set());
  expect(shape.key).not.toBe(plain.key);
});

it("lays a thousand tasks over a thousand others", () => {
  const many = (prefix: string) =>
    graph(Array.from({ length: 1000 }, (_, task) => node(task, `${prefix}${task}`)));
  const [left, right] = [many("l"), many("r")];
  const changes = [
    ...right.nodes.map(({ path }) => change("added", path)),
    ...left.nodes.map(({ path }) => change("removed", path)),
  ];
  const both = bothGraphs(left, right, diff(changes));
  expect(new Set(both.graph.nodes.map(({ task }) => task)).size).toBe(2000);
  expect(both.changes.size).toBe(2000);
});
