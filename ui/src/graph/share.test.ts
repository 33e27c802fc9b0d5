import { expect, it } from "vitest";
import type { Graph } from "../api/types";
import { shared } from "./share";

const node = (task: number, line = task): Graph["nodes"][number] => ({
  task,
  path: `t${task}`,
  name: `t${task}`,
  kind: "shell",
  parent: null,
  fact: null,
  mapped: false,
  when: null,
  line,
  problems: [],
  usual_ms: null,
});

const graph = (...nodes: Graph["nodes"]): Graph => ({
  flow: "f",
  version: "",
  nodes,
  edges: [{ from: 0, to: 1, on: "succeeded", implied: false, condition: null }],
  problems: [],
});

it("keeps the graph that is the same, and of another one the nodes that are", () => {
  const first = graph(node(0), node(1));
  expect(shared(first, graph(node(0), node(1)))).toBe(first);
  const second = shared(first, graph(node(0), node(1, 7)));
  expect(second.nodes[0]).toBe(first.nodes[0]);
  expect(second.nodes[1]?.line).toBe(7);
  expect(second.edges).toBe(first.edges);
});
