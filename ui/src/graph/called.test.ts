import { describe, expect, it } from "vitest";
import type { Graph, GraphEdge, GraphNode } from "../api/types";
import {
  type Answer,
  calledFlow,
  type DrawnNode,
  innerPath,
  isOwn,
  outerPath,
  ownPath,
  withCalled,
} from "./called";
import { shapeOf } from "./shape";
import { spoken } from "./words";

const node = (task: number, path: string, kind = "shell", fact: string | null = null): GraphNode => ({
  task,
  path,
  name: path.split("/").at(-1) ?? "",
  kind,
  parent: null,
  fact,
  mapped: false,
  when: null,
  line: task + 2,
  problems: [],
  usual_ms: null,
});
const edge = (from: number, to: number): GraphEdge => ({
  from,
  to,
  on: "succeeded",
  implied: false,
  condition: null,
});
const graph = (nodes: GraphNode[], edges: GraphEdge[] = []): Graph => ({
  flow: "",
  version: "",
  nodes,
  edges,
  problems: [],
});
const known = (flows: Record<string, Graph>): ReadonlyMap<string, Answer> =>
  new Map(Object.entries(flows).map(([name, one]) => [name, { graph: one, error: null }]));
const NONE: ReadonlyMap<string, Answer> = new Map();

/** begin → call (the flow greet) → end */
const outer = graph(
  [node(0, "begin"), node(1, "call", "flow", "greet"), node(2, "end")],
  [edge(0, 1), edge(1, 2)],
);
/** a group with one task, then the flow deeper */
const greet = graph(
  [node(0, "g", "tasks"), { ...node(1, "g/say"), parent: 0 }, node(2, "call", "flow", "deeper")],
  [edge(0, 2)],
);
const deeper = graph([node(0, "one")]);

const drawn = (opened: string[], answers: ReadonlyMap<string, Answer>) =>
  withCalled(outer, "outer", new Set(opened), (_, name) => answers.get(name ?? ""));
const said = ({ nodes }: Graph) =>
  nodes.filter((one: DrawnNode) => one.called?.says).map((one) => `${one.name}: ${one.fact}`);

describe("a flow that is called", () => {
  it("costs nothing while it is folded", () => {
    expect(drawn([], NONE)).toEqual({ graph: outer, needs: [] });
    expect(drawn(["begin", "elsewhere"], NONE).graph).toBe(outer);
  });

  it("stands in a frame, with numbers and paths that are no task's of the flow itself", () => {
    const { graph: all, needs } = drawn(["call"], known({ greet }));
    expect(needs).toEqual(["greet"]);
    expect(all.nodes.map(({ task, path, parent }) => [task, path, parent])).toEqual([
      [0, "begin", null],
      [1, "call", null],
      [-1, "call//g", 1],
      [-2, "call//g/say", -1],
      [-3, "call//call", 1],
      [2, "end", null],
    ]);
    expect(all.edges.map(({ from, to }) => [from, to])).toEqual([
      [-1, -3],
      [0, 1],
      [1, 2],
    ]);
    const shape = shapeOf(all, new Set());
    expect(shape.nodes.find(({ id }) => id === 1)).toMatchObject({ inner: 3, folded: false });
    expect(shape.nodes.find(({ id }) => id === -2)).toMatchObject({ parent: -1, depth: 2 });
    const say = all.nodes[3] as DrawnNode;
    expect(spoken(say, 0, null)).toBe("g/say of the flow greet, shell, shell");
  });

  it("is asked for, and those that it calls", () => {
    const first = drawn(["call", "call//call"], NONE);
    expect(first.needs).toEqual(["greet"]);
    expect(said(first.graph)).toEqual(["greet: is being read"]);
    const second = drawn(["call", "call//call"], known({ greet }));
    expect(second.needs).toEqual(["deeper", "greet"]);
    const third = drawn(["call", "call//call"], known({ greet, deeper }));
    expect(third.graph.nodes.map(({ path }) => path)).toContain("call//call//one");
    expect(new Set(third.graph.nodes.map(({ task }) => task)).size).toBe(third.graph.nodes.length);
  });

  it("is drawn once where it calls itself, by itself or by way of another", () => {
    const again = graph([node(0, "again", "flow", "outer")]);
    const { graph: all, needs } = drawn(["call", "call//again"], known({ greet: again }));
    expect(needs).toEqual(["greet"]);
    expect(said(all)).toEqual(["outer: calls itself here: it stands around this already"]);
  });

  it("is drawn as it ran, by whatever it was called, and as often as it called itself", () => {
    const again = { ...graph([node(0, "again", "flow", "{{ params.next }}")]), flow: "outer" };
    const { graph: all } = withCalled(again, "outer", new Set(["again", "again//again"]), (path) =>
      path === "again" ? { graph: again, error: null, isRun: true } : undefined,
    );
    expect(all.nodes.map(({ path }) => path)).toEqual(["again", "again//again", "again//again//"]);
    expect((all.nodes[1] as DrawnNode).called?.flow).toBe("outer");
    expect(said(all)[0]).toMatch(/^not known yet/);
  });

  it("says why it cannot be drawn", () => {
    const why = (answer: Answer) => said(drawn(["call"], new Map([["greet", answer]])).graph);
    expect(why({ graph: undefined, error: "no flow greet" })).toEqual(["greet: no flow greet"]);
    expect(why({ graph: greet, error: "no flow greet" })).toEqual(["greet: no flow greet"]);
    expect(why({ graph: graph([]), error: null })).toEqual(["greet: has no task yet"]);
    const problem = { severity: "error", message: "a bracket is open", line: 3, column: 1, hint: null };
    const broken = { ...graph([]), problems: [problem] };
    expect(why({ graph: broken, error: null })).toEqual(["greet: cannot be read: line 3: a bracket is open"]);
    const by = (fact: string | null) =>
      said(withCalled(graph([node(0, "call", "flow", fact)]), "o", new Set(["call"]), () => undefined).graph);
    expect(by(null)).toEqual(["no flow: the task does not say which flow it calls"]);
    expect(by("other/x.flow.yaml")[0]).toMatch(/^other\/x\.flow\.yaml: a file is called by its path/);
    expect(by("{{ params.which }}.yaml")[0]).toMatch(/^not known yet: /);
  });
});

it("paths tell what is the flow's own", () => {
  expect([isOwn("g/x"), isOwn("call//g/x")]).toEqual([true, false]);
  expect([ownPath("g/x"), ownPath("g/call//c//x")]).toEqual(["g/x", "g/call"]);
  expect([outerPath("x"), outerPath("call//x"), outerPath("call//c//x")]).toEqual(["", "call", "call//c"]);
  expect([innerPath("g/x"), innerPath("g/call//c//g/x")]).toEqual(["g/x", "g/x"]);
  expect(calledFlow(node(0, "a", "flow", "greet"))).toBe("greet");
  expect(calledFlow(node(0, "a", "shell", "greet"))).toBe(null);
});
