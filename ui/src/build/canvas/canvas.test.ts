import { expect, it } from "vitest";
import type { Graph } from "../../api/types";
import { FULL, shapeOf } from "../../graph/shape";
import { onCanvas } from "../../graph/walk";
import { arranged, FoundPlaces, ownPositions, positionsOf } from "./arranged";
import { edgeAt, frameAt, groupAt, nodesIn, ownOf, withInner } from "./pointed";

const node = (task: number, path: string, parent: number | null = null, kind = "shell") => ({
  task,
  path,
  name: path.split("/").at(-1) ?? "",
  kind,
  parent,
  fact: null,
  mapped: false,
  when: null,
  line: task + 1,
  problems: [],
  usual_ms: null,
});
const edge = (from: number, to: number): Graph["edges"][number] => ({
  from,
  to,
  on: "succeeded",
  implied: false,
  condition: null,
});

/** a → g (a group of x and y) → b */
const graph = {
  nodes: [node(0, "a"), node(1, "g", null, "tasks"), node(2, "g/x", 1), node(3, "g/y", 1), node(4, "b")],
  edges: [edge(0, 1), edge(1, 4)],
};
const shape = shapeOf(graph, new Set(), FULL);
const positions = {
  a: { x: 0, y: 0 },
  g: { x: 0, y: 100 },
  "g/x": { x: 12, y: 32 },
  "g/y": { x: 212, y: 32 },
  b: { x: 0, y: 300 },
};

it("a group is drawn around what is in it, and what is in it stays where it was put", () => {
  const boxes = onCanvas(shape, arranged(shape, positions));
  expect(boxes.get(1)).toEqual({ x: 0, y: 100, width: 398, height: 96 });
  expect(boxes.get(2)).toMatchObject({ x: 12, y: 132 });
  const left = onCanvas(shape, arranged(shape, { ...positions, "g/x": { x: -88, y: 32 } }));
  expect(left.get(1)?.x).toBe(-100);
  expect(left.get(2)?.x).toBe(-88);
  expect(left.get(3)?.x).toBe(212);
});

it("what has no place stands below what it waits for, beside what is there already", () => {
  const { b: _, ...others } = positions;
  const boxes = onCanvas(shape, arranged(shape, { ...others, a: { x: 0, y: 240 } }));
  const free = boxes.get(4);
  expect(free?.y).toBe(196 + 46);
  expect(free?.x).toBeGreaterThanOrEqual(174);
});

it("what is taken down as it stands is drawn the same again", () => {
  const places = arranged(shape, { ...positions, "g/x": { x: -88, y: 50 } });
  const again = arranged(shape, positionsOf(shape, places));
  expect(onCanvas(shape, again)).toEqual(onCanvas(shape, places));
});

it("what came to stand somewhere stays there, whatever else is added, until it waits for something else", () => {
  const { b: _, ...others } = positions;
  const found = new FoundPlaces();
  const first = found.arranged(shape, others).boxes.get(4);
  // One that is before it in the file, and waits for the same.
  const more = {
    nodes: [...graph.nodes.slice(0, 4), node(4, "new"), node(5, "b")],
    edges: [edge(0, 1), edge(1, 4), edge(1, 5)],
  };
  const wider = shapeOf(more, new Set(), FULL);
  const { boxes } = found.arranged(wider, others);
  expect(boxes.get(5)).toEqual(first);
  expect(boxes.get(4)?.x).not.toBe(first?.x);
  // Moved by hand, and that undone.
  found.arranged(wider, { ...others, b: { x: 900, y: 900 } });
  expect(found.arranged(wider, others).boxes.get(5)).toEqual(first);
  const other = shapeOf({ ...more, edges: [edge(0, 1), edge(1, 4), edge(4, 5)] }, new Set(), FULL);
  expect(found.arranged(other, others).boxes.get(5)?.y).toBeGreaterThan(first?.y ?? 0);
});

it("what came to stand in a group that reaches further by now does not move with it", () => {
  const { "g/y": _, ...others } = positions;
  const left = { ...others, "g/x": { x: -88, y: 32 } };
  const found = new FoundPlaces();
  const first = onCanvas(shape, found.arranged(shape, left));
  expect(onCanvas(shape, found.arranged(shape, left))).toEqual(first);
});

it("finds what the pointer is at", () => {
  const places = arranged(shape, positions);
  const boxes = onCanvas(shape, places);
  const point = (x: number, y: number) => edgeAt(shape, places, boxes, { x, y }, 6)?.id ?? null;
  expect(point(87, 55)).toBe("0-succeeded-1");
  expect(point(300, 55)).toBeNull();
  expect(groupAt(shape, boxes, { x: 200, y: 120 }, new Set())?.node.path).toBe("g");
  expect(groupAt(shape, boxes, { x: 200, y: 120 }, withInner(shape, new Set([1])))).toBeNull();
  const area = { x: -5, y: -5, width: 260, height: 160 };
  expect(nodesIn(shape, boxes, area).map(({ node: { path } }) => path)).toEqual(["a", "g/x", "g/y"]);
});

it("what a called flow has is looked at, and neither moved, connected nor kept", () => {
  const called = { flow: "greet", says: null };
  const inner = (task: number, name: string) => ({ ...node(task, `b//${name}`, 4), called });
  const opened = shapeOf(
    {
      nodes: [
        ...graph.nodes.slice(0, 4),
        node(4, "b", null, "flow"),
        inner(-1, "one"),
        { ...inner(-2, "two"), kind: "tasks" },
      ],
      edges: [...graph.edges, edge(-1, -2)],
    },
    new Set(),
    FULL,
  );
  const places = arranged(opened, {
    ...positions,
    "b//one": { x: 12, y: 32 },
    "b//two": { x: 12, y: 132 },
  });
  const boxes = onCanvas(opened, places);
  expect(boxes.get(4)).toMatchObject({ x: 0, y: 300, width: 198, height: 196 });
  expect(Object.keys(ownPositions(opened, places))).toEqual(["a", "g", "b", "g/x", "g/y"]);
  expect(Object.keys(positionsOf(opened, places))).toContain("b//one");
  const one = opened.nodes.find(({ id }) => id === -1);
  expect(one && ownOf(opened, one).node.path).toBe("b");
  expect(edgeAt(opened, places, boxes, { x: 99, y: 408 }, 6)).toBeNull();
  expect(groupAt(opened, boxes, { x: 20, y: 440 }, new Set())).toBeNull();
  expect(frameAt(opened, boxes, { x: 5, y: 440 })?.node.path).toBe("b");
  const area = { x: -5, y: 290, width: 400, height: 100 };
  expect(nodesIn(opened, boxes, area)).toEqual([]);
});
