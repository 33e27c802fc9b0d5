// The flow as a graph that can be changed: the same drawing as elsewhere, and what a person does to it.

import {
  getViewportForBounds,
  MiniMap,
  ReactFlow,
  useReactFlow,
  type Viewport,
  ViewportPortal,
} from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import "../../graph/graph.css";
import {
  type KeyboardEvent,
  useCallback,
  useEffect,
  useId,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import type { Graph } from "../../api/types";
import { isOwn } from "../../graph/called";
import { EdgeLayer } from "../../graph/EdgeLayer";
import { nodesOf, type ShownNode } from "../../graph/elements";
import { GroupNode } from "../../graph/GroupNode";
import { layouts } from "../../graph/layout";
import { type Detail, detailAt, MapBox } from "../../graph/MapBox";
import type { Box, Places } from "../../graph/place";
import { FARTHEST, QUIET } from "../../graph/quiet";
import { Sprite } from "../../graph/Sprite";
import { FULL, type Shape, shapeOf } from "../../graph/shape";
import { DetailContext, FoldContext } from "../../graph/surroundings";
import { TaskNode } from "../../graph/TaskNode";
import { bounds, type Direction, onCanvas, walk } from "../../graph/walk";
import { spoken } from "../../graph/words";
import { Keys } from "../../shell/Keys";
import { useEdited, useEditor } from "../context";
import { focusInspector } from "../focus";
import { type Position, placed, turned } from "../layout";
import { type CanvasHandle, useBuildView, useViewed } from "../view";
import { ownPositions } from "./arranged";
import { Gestures, type Stage, type Surface } from "./gestures";
import { EdgeStates, Failures, type LiveRun } from "./live";
import { Notes } from "./Notes";
import { Ports } from "./Ports";
import { RenameOnCanvas } from "./Rename";
import { useScene } from "./useScene";

interface Props {
  graph: Graph;
  label: string;
  found: ReadonlySet<string>;
  /** what is drawn is what the text was before */
  old: boolean;
  live: LiveRun;
}

const NODE_TYPES = { task: TaskNode, frame: GroupNode };
/** How much room the canvas leaves around what is fitted. */
const MARGIN = 0.06;
/** How high the line below the canvas is, and how far the overview stands from its edges. */
const HINT = 28;
const EDGE = 8;
/** So far from the edges stands what is brought into view. */
const INSET = 24;
/** From so near on a task is one to press; from so near on all of it is to be read. */
const NEAR_ENOUGH = 0.4;
const READABLE = 0.7;
const NOTHING: ReadonlySet<number> = new Set();
const ARROWS: Record<string, Direction> = {
  ArrowUp: "up",
  ArrowDown: "down",
  ArrowLeft: "left",
  ArrowRight: "right",
};

export function Canvas(props: Props) {
  const layout = useEdited((snapshot) => snapshot.layout);
  const { shape, places, pending } = useScene(props.graph, layout);
  if (!places) {
    return (
      <div className="canvas graph-canvas" aria-busy="true">
        <p className="faint graph-wait" role="status">
          {pending ? "Laying out…" : ""}
        </p>
      </div>
    );
  }
  return <Drawing {...props} shape={shape} places={places} pending={pending} />;
}

interface DrawingProps extends Props {
  shape: Shape;
  places: Places;
  pending: boolean;
}

function Drawing({ graph, label, found, old, live, shape, places, pending }: DrawingProps) {
  const prefix = useId();
  const editor = useEditor();
  const view = useBuildView();
  const root = useRef<HTMLDivElement>(null);
  const boxes = useMemo(() => onCanvas(shape, places), [shape, places]);
  const surface = useRef<Surface>({ shape, places, boxes });
  surface.current = { shape, places, boxes };
  const [detail, setDetail] = useState<Detail>("all");
  const [moving, setMoving] = useState<ReadonlySet<number>>(NOTHING);
  const selected = useSelected(shape);
  const foundIds = useMemo(
    () => new Set(shape.nodes.filter(({ node }) => found.has(node.path)).map(({ id }) => id)),
    [shape, found],
  );
  const kept = useRef<ShownNode[]>([]);
  const nodes = useMemo(() => {
    kept.current = nodesOf(shape, places, selected.ids, foundIds, prefix, kept.current);
    return kept.current;
  }, [shape, places, selected.ids, foundIds, prefix]);
  const edge = useViewed((state) => state.edge);
  const tool = useViewed((state) => state.tool);
  const chosen = useMemo(() => {
    const ends = edge && shape.edges.find((one) => isEdge(shape, one, edge));
    return ends?.id ?? null;
  }, [shape, edge]);
  const parts = useGestures(root, surface, setMoving, places);
  useHandle(root, surface, graph);
  useFirstFit(pending);
  useReveal(root, surface, selected.last, pending);
  const fold = useCallback(
    (task: number) => {
      const node = surface.current.shape.nodes.find(({ id }) => id === task)?.node;
      if (node) editor.fold((layout) => turned(layout, node));
    },
    [editor],
  );

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const direction = ARROWS[event.key];
    if (direction) {
      const next = walk(shape, places, selected.last, direction);
      const path = shape.nodes.find((node) => node.id === next)?.node.path;
      if (path === undefined) return;
      view.set({ edge: null, note: null });
      const { selection } = editor.snapshot();
      editor.select(event.shiftKey ? [...selection.filter((one) => one !== path), path] : [path]);
    } else if (event.key === "Enter" && selected.last !== null) {
      focusInspector();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <FoldContext value={fold}>
      <DetailContext value={detail}>
        <div
          ref={root}
          className={`canvas graph-canvas build-ground detail-${detail} tool-${tool} ${old ? "is-old" : ""}`}
          data-work="canvas"
          role="application"
          aria-roledescription="graph"
          aria-label={`${label}. Arrow keys walk along the edges; the step list has the same powers.`}
          aria-busy={pending}
          aria-activedescendant={selected.last === null ? undefined : `${prefix}-${selected.last}`}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: the graph is one stop of the Tab key
          tabIndex={0}
          onKeyDown={onKeyDown}
        >
          <Sprite />
          <ReactFlow
            nodes={nodes}
            nodeTypes={NODE_TYPES}
            {...QUIET}
            panActivationKeyCode={null}
            panOnDrag={tool === "select" ? [1] : [0, 1]}
            onlyRenderVisibleElements
            onMove={(_, { zoom }) => setDetail(detailAt(zoom))}
          >
            <EdgeStates live={live}>
              <EdgeLayer
                shape={shape}
                places={places}
                selected={selected.ids}
                chosen={chosen}
                moving={moving}
              />
            </EdgeStates>
            <Failures live={live} shape={shape} boxes={boxes} />
            <ViewportPortal>
              <svg className="build-wires" aria-hidden="true">
                <path ref={parts.edges} className="build-moving" />
                <path ref={parts.wire} className="build-wire" />
              </svg>
              <div ref={parts.area} className="build-area" />
            </ViewportPortal>
            <Notes />
            <Ports root={root} boxes={boxes} shape={shape} />
            <RenameOnCanvas shape={shape} boxes={boxes} root={root} />
            {shape.nodes.length > 8 && (
              <MiniMap
                pannable
                zoomable
                ariaLabel="Overview of the graph"
                nodeComponent={MapBox}
                maskColor="color-mix(in oklab, var(--active) 60%, transparent)"
                className="graph-map"
              />
            )}
          </ReactFlow>
          <p className="build-hint faint">
            <span>
              <Keys keys="Tab" /> add a task
            </span>
            <span>drop a wire on the ground to add the next one</span>
            <span>
              <Keys keys="?" /> all keys
            </span>
          </p>
          {pending && (
            <span className="sr" role="status">
              Laying out…
            </span>
          )}
          <Said shape={shape} selected={selected.last} />
        </div>
      </DetailContext>
    </FoldContext>
  );
}

function isEdge(
  shape: Shape,
  edge: Shape["edges"][number],
  { from, to }: { from: string; to: string },
): boolean {
  const path = (id: number) => shape.nodes.find((node) => node.id === id)?.node.path;
  return path(edge.from) === from && path(edge.to) === to;
}

/** The selected tasks by their places in the graph, and the last of them. */
function useSelected(shape: Shape): { ids: ReadonlySet<number>; last: number | null } {
  const selection = useEdited((snapshot) => snapshot.selection);
  return useMemo(() => {
    const ids = new Map(shape.nodes.map(({ id, node }) => [node.path, id]));
    const known = selection.flatMap((path) => ids.get(path) ?? []);
    return { ids: new Set(known), last: known.at(-1) ?? null };
  }, [shape, selection]);
}

/** The pointer's gestures, and the elements that they shift. */
function useGestures(
  root: React.RefObject<HTMLDivElement | null>,
  surface: React.RefObject<Surface>,
  setMoving: (tasks: ReadonlySet<number>) => void,
  places: Places,
) {
  const editor = useEditor();
  const view = useBuildView();
  const flow = useReactFlow();
  const wire = useRef<SVGPathElement>(null);
  const edges = useRef<SVGPathElement>(null);
  const area = useRef<HTMLDivElement>(null);
  const gestures = useRef<Gestures | null>(null);
  useEffect(() => {
    const [ground, line, lines, box] = [root.current, wire.current, edges.current, area.current];
    if (!ground || !line || !lines || !box) return;
    const stage: Stage = {
      root: ground,
      surface: () => surface.current,
      toCanvas: (point) => flow.screenToFlowPosition(point, { snapToGrid: false }),
      zoom: () => flow.getZoom(),
      wire: line,
      area: box,
      edges: lines,
      moving: setMoving,
    };
    const made = new Gestures(stage, editor, view);
    gestures.current = made;
    return made.listen();
  }, [root, surface, setMoving, editor, view, flow]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: new places are what was waited for
  useLayoutEffect(() => gestures.current?.settled(), [places]);
  return { wire, edges, area };
}

/** What toolbar and keys ask of the canvas. */
function useHandle(
  root: React.RefObject<HTMLDivElement | null>,
  surface: React.RefObject<Surface>,
  graph: Graph,
): void {
  const editor = useEditor();
  const view = useBuildView();
  const flow = useReactFlow();
  const latest = useRef(graph);
  latest.current = graph;
  useEffect(() => {
    const handle: CanvasHandle = {
      begin() {
        if (!root.current) return;
        const whole = wholeView(root.current, surface.current, editor.snapshot().layout.notes);
        void flow.setViewport(whole.zoom < NEAR_ENOUGH ? firstView(root.current, surface.current) : whole);
      },
      fit() {
        if (!root.current) return;
        void flow.setViewport(wholeView(root.current, surface.current, editor.snapshot().layout.notes));
      },
      zoom: (by) => void flow.zoomTo(flow.getZoom() * by),
      reveal(path) {
        const node = surface.current.shape.nodes.find((one) => one.node.path === path);
        const box = node && surface.current.boxes.get(node.id);
        if (!box) return;
        // Who looks for a task wants to read it.
        const zoom = Math.max(flow.getZoom(), READABLE);
        void flow.setCenter(box.x + box.width / 2, box.y + box.height / 2, { zoom });
      },
      middle() {
        const area = root.current?.getBoundingClientRect();
        const point = area ? { x: area.x + area.width / 2, y: area.y + area.height / 2 } : { x: 0, y: 0 };
        const { x, y } = flow.screenToFlowPosition(point);
        return { x: Math.round(x), y: Math.round(y) };
      },
      layOut(paths) {
        if (paths === null) {
          editor.arrange((layout) => ({ ...layout, positions: {} }));
          return;
        }
        void layOutSome(latest.current, paths, surface.current).then((moved) => {
          if (!moved) return;
          const { shape, places } = surface.current;
          const stands = ownPositions(shape, places);
          editor.arrange((layout) =>
            placed({ ...layout, positions: { ...layout.positions, ...stands } }, moved),
          );
        });
      },
      focus: () => root.current?.focus(),
    };
    view.attach(handle);
    return () => view.attach(null);
  }, [root, surface, editor, view, flow]);
}

/** The flow is fitted into the window once its places are known; from then on a person moves about in it. */
function useFirstFit(pending: boolean): void {
  const view = useBuildView();
  const fitted = useRef(false);
  useEffect(
    () => () => {
      fitted.current = false;
    },
    [],
  );
  useEffect(() => {
    if (pending || fitted.current) return;
    fitted.current = true;
    view.canvas?.begin();
  }, [pending, view]);
}

/** The view in which all is to be seen. */
function wholeView(root: HTMLElement, { shape, places, boxes }: Surface, notes: readonly Box[]): Viewport {
  const { clientWidth, clientHeight } = root;
  const covered = withNotes(bounds(shape, places), notes);
  const within = (width: number) =>
    getViewportForBounds(covered, width, clientHeight - HINT, FARTHEST, 1, MARGIN);
  const whole = within(clientWidth);
  const { width, height } = root.querySelector(".graph-map")?.getBoundingClientRect() ?? {
    width: 0,
    height: 0,
  };
  // Nothing is to lie below the overview, where nobody could press it.
  const map = { x: clientWidth - width - EDGE, y: clientHeight - height - EDGE };
  const isBelow = [...boxes.values()].some(
    (box) =>
      width > 0 &&
      (box.x + box.width) * whole.zoom + whole.x > map.x &&
      (box.y + box.height) * whole.zoom + whole.y > map.y,
  );
  return isBelow ? within(clientWidth - width - EDGE) : whole;
}

/** Where a person begins with a flow that is too large to be seen whole: at its first task. */
function firstView({ clientWidth }: HTMLElement, { shape, places, boxes }: Surface): Viewport {
  const covered = bounds(shape, places);
  const zoom = NEAR_ENOUGH;
  const [first] = [...boxes.values()].sort((left, right) => left.y - right.y || left.x - right.x);
  const left = first?.x ?? covered.x;
  const isNarrow = covered.width * zoom <= clientWidth - 2 * INSET;
  return {
    x: isNarrow ? (clientWidth - covered.width * zoom) / 2 - covered.x * zoom : INSET - left * zoom,
    y: INSET - covered.y * zoom,
    zoom,
  };
}

function withNotes(covered: Box, notes: readonly Box[]): Box {
  let [left, top, right, bottom] = [
    covered.x,
    covered.y,
    covered.x + covered.width,
    covered.y + covered.height,
  ];
  for (const note of notes) {
    left = Math.min(left, note.x);
    top = Math.min(top, note.y);
    right = Math.max(right, note.x + note.width);
    bottom = Math.max(bottom, note.y + note.height);
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** New places for some tasks of one group; together they stay where they are. */
async function layOutSome(
  graph: Graph,
  paths: readonly string[],
  { shape, places }: Surface,
): Promise<ReadonlyMap<string, Position> | null> {
  const chosen = new Set(paths);
  const tops = graph.nodes.filter((node) => chosen.has(node.path));
  const parent = tops[0]?.parent ?? null;
  const own = tops.filter((node) => node.parent === parent);
  const within = graph.nodes.filter((node) => paths.some((path) => node.path.startsWith(`${path}/`)));
  const nodes = [...own.map((node) => ({ ...node, parent: null })), ...within];
  const ids = new Set(nodes.map((node) => node.task));
  const edges = graph.edges.filter((edge) => ids.has(edge.from) && ids.has(edge.to));
  const folded = new Set(shape.nodes.filter((node) => node.folded).map((node) => node.id));
  const laid = await layouts.of(shapeOf({ nodes, edges }, folded, FULL));
  const before = own.flatMap((node) => places.boxes.get(node.task) ?? []);
  const after = own.flatMap((node) => laid.boxes.get(node.task) ?? []);
  if (before.length === 0 || after.length === 0) return null;
  const by = {
    x: least(before, "x") - least(after, "x"),
    y: least(before, "y") - least(after, "y"),
  };
  const moved = new Map<string, Position>();
  for (const node of nodes) {
    const box = laid.boxes.get(node.task);
    const isTop = node.parent === null && chosen.has(node.path);
    if (box && isOwn(node.path))
      moved.set(node.path, isTop ? { x: box.x + by.x, y: box.y + by.y } : { x: box.x, y: box.y });
  }
  return moved;
}

function least(boxes: readonly Box[], side: "x" | "y"): number {
  return Math.min(...boxes.map((box) => box[side]));
}

/** Brings what comes to be selected into view, if it is not; once more when the layout has moved it. */
function useReveal(
  root: React.RefObject<HTMLDivElement | null>,
  surface: React.RefObject<Surface>,
  selected: number | null,
  pending: boolean,
): void {
  const flow = useReactFlow();
  const shown = useRef<number | null>(null);
  useEffect(() => {
    if (selected === null || selected === shown.current || !root.current) {
      if (selected === null) shown.current = null;
      return;
    }
    const box = surface.current.boxes.get(selected);
    if (!box) return;
    if (!pending) shown.current = selected;
    const { x, y, zoom } = flow.getViewport();
    const { clientWidth, clientHeight } = root.current;
    const left = box.x * zoom + x;
    const top = box.y * zoom + y;
    const inView =
      left >= 0 &&
      top >= 0 &&
      left + box.width * zoom <= clientWidth &&
      top + Math.min(box.height * zoom, clientHeight / 2) <= clientHeight;
    if (inView) return;
    // No farther than it takes: what a person looked at stays in sight as far as it can.
    void flow.setViewport({
      x: x + intoView(left, box.width * zoom, clientWidth),
      y: y + intoView(top, box.height * zoom, clientHeight - HINT),
      zoom,
    });
  }, [flow, selected, pending, root, surface]);
}

/** By how much something is moved to stand in the room; of what is larger than that, its begin. */
function intoView(start: number, size: number, room: number): number {
  const last = room - INSET - size;
  if (start < INSET || last < INSET) return INSET - start;
  return start > last ? last - start : 0;
}

/** What is selected, said to who cannot see it. */
function Said({ shape, selected }: { shape: Shape; selected: number | null }) {
  const node = shape.nodes.find((one) => one.id === selected);
  return (
    <span className="sr" role="status">
      {node ? spoken(node.node, node.inner, null) : ""}
    </span>
  );
}
