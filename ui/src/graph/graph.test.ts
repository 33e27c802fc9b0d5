import { describe, expect, it, vi } from "vitest";
import type { GraphEdge, GraphNode } from "../api/types";
import { type Engine, Layouts, placesOf, toElk } from "./layout";
import { type Places, placeInRows } from "./place";
import { labelPoint, pathAlong } from "./route";
import { shapeOf } from "./shape";
import { walk } from "./walk";

const node = (task: number, parent: number | null = null, mapped = false): GraphNode => ({
  task,
  path: `t${task}`,
  name: `t${task}`,
  kind: "shell",
  parent,
  fact: null,
  mapped,
  when: null,
  line: task,
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
const none: ReadonlySet<number> = new Set();

/** 0 → 1 (a group of 2 → 3) → 4 */
const grouped = {
  nodes: [node(0), node(1), node(2, 1), node(3, 1, true), node(4)],
  edges: [edge(0, 1), edge(2, 3), edge(3, 4, "failed")],
};

describe("the shape of a graph", () => {
  it("draws groups before what is in them", () => {
    const shape = shapeOf(grouped, none);
    const ids = shape.nodes.map((drawn) => drawn.id);
    expect(ids.indexOf(1)).toBeLessThan(ids.indexOf(2));
    expect(shape.nodes.find((drawn) => drawn.id === 1)?.inner).toBe(2);
  });

  it("lets a folded group stand for what is in it", () => {
    const shape = shapeOf(grouped, new Set([1]));
    expect(shape.nodes.map((drawn) => drawn.id)).toEqual([0, 1, 4]);
    expect(shape.edges.map((drawn) => drawn.id)).toEqual(["0-succeeded-1", "1-failed-4"]);
  });

  it("has a key of what the places depend on", () => {
    const key = shapeOf(grouped, none).key;
    const renamed = {
      ...grouped,
      nodes: grouped.nodes.map((one) => ({ ...one, name: "other", line: 9, usual_ms: 5 })),
    };
    expect(shapeOf(renamed, none).key).toBe(key);
    expect(shapeOf(grouped, new Set([1])).key).not.toBe(key);
    expect(shapeOf({ ...grouped, edges: [...grouped.edges, edge(0, 4)] }, none).key).not.toBe(key);
    expect(
      shapeOf({ ...grouped, nodes: [node(0, null, true), ...grouped.nodes.slice(1)] }, none).key,
    ).not.toBe(key);
  });

  it("survives a parent that is its own ancestor", () => {
    expect(() => shapeOf({ nodes: [node(0, 1), node(1, 0)], edges: [] }, none)).not.toThrow();
  });
});

describe("layouts", () => {
  const places: Places = { boxes: new Map(), routes: new Map() };

  it("are asked for once a shape", async () => {
    const engine = vi.fn<Engine>(async () => places);
    const layouts = new Layouts(engine);
    const shape = shapeOf(grouped, none);
    expect(layouts.ready(shape)).toBeUndefined();
    await Promise.all([layouts.of(shape), layouts.of(shapeOf(structuredClone(grouped), none))]);
    expect(engine).toHaveBeenCalledTimes(1);
    expect(layouts.ready(shape)).toBe(places);
  });

  it("are rows where the engine fails", async () => {
    const layouts = new Layouts(async () => Promise.reject(new Error("no worker")));
    const shape = shapeOf(grouped, none);
    const found = await layouts.of(shape);
    expect([...found.boxes.keys()].sort()).toEqual([0, 1, 2, 3, 4]);
  });

  it("go through the engine's own words", () => {
    const graph = toElk(shapeOf(grouped, none));
    expect(graph.children?.map((child) => child.id)).toEqual(["0", "1", "4"]);
    expect(graph.children?.[1]?.children?.map((child) => child.id)).toEqual(["2", "3"]);
    const laid = placesOf({
      id: "flow",
      children: [
        {
          id: "1",
          x: 5,
          y: 6,
          width: 7,
          height: 8,
          children: [{ id: "2", x: 1, y: 2, width: 3, height: 4 }],
        },
      ],
      edges: [
        {
          id: "e",
          sources: [],
          targets: [],
          sections: [{ id: "s", startPoint: { x: 0, y: 0 }, endPoint: { x: 0, y: 9 } }],
        },
      ],
    });
    expect(laid.boxes.get(2)).toEqual({ x: 1, y: 2, width: 3, height: 4 });
    expect(laid.routes.get("e")).toHaveLength(2);
  });
});

describe("rows", () => {
  it("run downward along the edges, without overlap", () => {
    const { boxes } = placeInRows(shapeOf(grouped, none));
    const group = boxes.get(1);
    expect(boxes.get(0)?.y).toBeLessThan(group?.y ?? 0);
    expect((group?.y ?? 0) + (group?.height ?? 0)).toBeLessThan(boxes.get(4)?.y ?? 0);
    expect(boxes.get(3)?.y).toBeGreaterThan(boxes.get(2)?.y ?? 0);
  });

  it("place a thousand tasks in a chain and side by side", () => {
    const many = Array.from({ length: 1000 }, (_, task) => node(task));
    const chain = placeInRows(
      shapeOf({ nodes: many, edges: many.slice(1).map((one) => edge(one.task - 1, one.task)) }, none),
    );
    expect(new Set([...chain.boxes.values()].map((box) => box.y)).size).toBe(1000);
    const flat = placeInRows(shapeOf({ nodes: many, edges: [] }, none));
    expect(new Set([...flat.boxes.values()].map((box) => `${box.x} ${box.y}`)).size).toBe(1000);
  });
});

describe("the arrow keys", () => {
  const shape = shapeOf(
    { nodes: [node(0), node(1), node(2), node(3)], edges: [edge(0, 1), edge(0, 2), edge(1, 3)] },
    none,
  );
  const places = placeInRows(shape);

  it("walk along edges and within rows", () => {
    expect(walk(shape, places, null, "down")).toBe(0);
    expect(walk(shape, places, 0, "down")).toBe(1);
    expect(walk(shape, places, 1, "right")).toBe(2);
    expect(walk(shape, places, 2, "left")).toBe(1);
    expect(walk(shape, places, 3, "up")).toBe(1);
    expect(walk(shape, places, 3, "down")).toBe(3);
  });

  it("lead into groups and out of them", () => {
    const inside = shapeOf(grouped, none);
    const rows = placeInRows(inside);
    expect(walk(inside, rows, 1, "down")).toBe(2);
    expect(walk(inside, rows, 2, "up")).toBe(1);
  });
});

describe("lines", () => {
  it("are straight, an S, or follow their bends", () => {
    expect(
      pathAlong([
        { x: 0, y: 0 },
        { x: 0, y: 50 },
      ]),
    ).toBe("M0 0L0 44");
    expect(
      pathAlong([
        { x: 0, y: 0 },
        { x: 90, y: 50 },
      ]),
    ).toMatch(/^M0 0C/);
    const bent = pathAlong([
      { x: 0, y: 0 },
      { x: 0, y: 50 },
      { x: 90, y: 50 },
      { x: 90, y: 300 },
    ]);
    expect(bent).toMatch(/Q0 50 .*Q90 50 .*L90 294$/);
    expect(pathAlong([])).toBe("");
  });
});

it("puts a label where no task covers it", () => {
  const route = [
    { x: 0, y: 0 },
    { x: 0, y: 100 },
  ];
  expect(labelPoint(route)).toEqual({ x: 0, y: 50 });
  const at = labelPoint(route, ({ y }) => y < 30 || y > 90);
  expect(at).toEqual({ x: 0, y: 12 });
  // Where there is room nowhere, the middle is best.
  expect(labelPoint(route, () => false)).toEqual({ x: 0, y: 50 });
});
