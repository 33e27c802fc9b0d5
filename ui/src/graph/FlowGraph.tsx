// A flow as a graph: laid out downward, groups that fold, a minimap, search, and arrow keys that walk along the
// edges. With a run around it (NodeStatesContext) its nodes show how they stand.

import {
  getViewportForBounds,
  MiniMap,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  type Viewport,
} from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import "./graph.css";
import {
  type CSSProperties,
  type KeyboardEvent,
  type MouseEvent,
  memo,
  useCallback,
  useContext,
  useEffect,
  useId,
  useImperativeHandle,
  useMemo,
  useRef,
  useState,
} from "react";
import type { GraphNode } from "../api/types";
import { Icon } from "../parts/Icon";
import { callsFlow, type DrawnNode } from "./called";
import { ChangesContext, spokenChange } from "./changes";
import { EdgeLayer } from "./EdgeLayer";
import { nodesOf, type ShownNode } from "./elements";
import { GroupNode } from "./GroupNode";
import { type Detail, detailAt, MapBox } from "./MapBox";
import { useLiveNode } from "./nodeStates";
import type { Box, Places, Point } from "./place";
import { FARTHEST, QUIET } from "./quiet";
import { Sprite } from "./Sprite";
import { StepList } from "./StepList";
import { type DrawnEdge, FULL, type Shape, SMALL, shapeOf } from "./shape";
import { DetailContext, FoldContext, OpensContext } from "./surroundings";
import { TaskNode } from "./TaskNode";
import { usePaced } from "./usePaced";
import { usePlaces } from "./usePlaces";
import { bounds, type Direction, onCanvas, walk } from "./walk";
import { spoken } from "./words";

interface Props {
  graph: { nodes: readonly DrawnNode[]; edges: readonly DrawnEdge[] };
  /** the chosen task, by its place in the graph */
  selected: number | null;
  onSelect: (task: number | null) => void;
  /** a task that is to be looked at, chosen elsewhere: each time another object */
  shown?: { task: number } | null;
  /** opens or folds the flow that a task calls; without, it cannot be opened here */
  onTurn?: (task: number) => void;
  /** Enter or a double click on a task */
  onOpen?: (task: number) => void;
  label: string;
  /** names and states only, where it stands beside other things */
  small?: boolean;
  /** the file cannot be read any more: what is shown is its last valid graph */
  old?: boolean;
}

type View = "graph" | "list";

/** Drawn anew only when its own props change: a page around it may live at any pace. */
export const FlowGraph = memo(function FlowGraph(props: Props) {
  const [shut, setShut] = useState<ReadonlySet<string>>(new Set());
  const [view, setView] = useState<View>("graph");
  const [sought, setSought] = useState("");
  const size = props.small ? SMALL : FULL;
  const fit = useRef<(() => void) | null>(null);
  const folded = useMemo(
    () => new Set(props.graph.nodes.filter(({ path }) => shut.has(path)).map(({ task }) => task)),
    [props.graph, shut],
  );
  const shape = useMemo(() => shapeOf(props.graph, folded, size), [props.graph, folded, size]);
  const found = useMemo(() => findIn(shape, sought), [shape, sought]);
  const fold = useFold(props.graph, setShut, props.onTurn);
  useUnfolded(props.graph, props.shown ?? null, setShut);
  return (
    <FoldContext value={fold}>
      <OpensContext value={props.onTurn !== undefined}>
        <ReactFlowProvider>
          <div className={`graph ${props.old ? "is-greyed" : ""}`}>
            <Toolbar
              fitRef={fit}
              view={view}
              onView={setView}
              sought={sought}
              onSought={setSought}
              found={found}
              onSelect={props.onSelect}
              selected={props.selected}
            />
            {view === "list" ? (
              <StepList {...props} folded={folded} onFold={fold} found={found} />
            ) : (
              <Canvas {...props} fitRef={fit} shape={shape} found={found} onFold={fold} />
            )}
          </div>
        </ReactFlowProvider>
      </OpensContext>
    </FoldContext>
  );
});

/** What is to be looked at is not left in a folded group. */
function useUnfolded(graph: Props["graph"], shown: { task: number } | null, setShut: SetShut): void {
  const latest = useRef(graph);
  latest.current = graph;
  useEffect(() => {
    if (!shown) return;
    const byTask = new Map(latest.current.nodes.map((node) => [node.task, node]));
    setShut((before) => {
      const after = new Set(before);
      const passed = new Set<number>();
      let at = byTask.get(shown.task)?.parent ?? null;
      while (at !== null && !passed.has(at)) {
        passed.add(at);
        after.delete(byTask.get(at)?.path ?? "");
        at = byTask.get(at)?.parent ?? null;
      }
      return after.size === before.size ? before : after;
    });
  }, [shown, setShut]);
}

type SetShut = (next: (before: ReadonlySet<string>) => ReadonlySet<string>) => void;

/** Folds a group, or what a task calls, or opens it; the same function each time. */
function useFold(graph: Props["graph"], setShut: SetShut, onTurn: Props["onTurn"]): (task: number) => void {
  const latest = useRef({ graph, onTurn });
  latest.current = { graph, onTurn };
  return useCallback(
    (task) => {
      const { graph: now, onTurn: turn } = latest.current;
      const node = now.nodes.find((one) => one.task === task);
      if (!node) return;
      if (callsFlow(node)) turn?.(task);
      else
        setShut((before) => {
          const after = new Set(before);
          if (!after.delete(node.path)) after.add(node.path);
          return after;
        });
    },
    [setShut],
  );
}

function findIn(shape: Shape, sought: string): ReadonlySet<number> {
  const text = sought.trim().toLowerCase();
  if (text === "") return new Set();
  const fits = ({ node }: { node: GraphNode }) =>
    [node.path, node.kind, node.fact ?? ""].some((part) => part.toLowerCase().includes(text));
  return new Set(shape.nodes.filter(fits).map((node) => node.id));
}

interface ToolbarProps {
  fitRef: React.RefObject<(() => void) | null>;
  view: View;
  onView: (view: View) => void;
  sought: string;
  onSought: (text: string) => void;
  found: ReadonlySet<number>;
  selected: number | null;
  onSelect: (task: number) => void;
}

function Toolbar({ fitRef, view, onView, sought, onSought, found, selected, onSelect }: ToolbarProps) {
  const list = [...found];
  const position = selected === null ? -1 : list.indexOf(selected);
  const step = (by: number) => {
    const next = list[(position + by + list.length) % list.length];
    if (next !== undefined) onSelect(next);
  };
  return (
    <div className="graph-tools">
      <span className="input graph-find">
        <Icon name="search" />
        <input
          type="search"
          data-find="graph"
          placeholder="Find a task"
          aria-label="Find a task in the graph"
          value={sought}
          onChange={(event) => onSought(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && list.length > 0) step(event.shiftKey ? -1 : 1);
            if (event.key === "Escape") onSought("");
          }}
        />
        {sought !== "" && (
          <span className="faint" role="status">
            {list.length === 0
              ? "none"
              : `${Math.max(0, position) + (position < 0 ? 0 : 1)} of ${list.length}`}
          </span>
        )}
      </span>
      <span className="grow" />
      <fieldset className="joined" aria-label="How the tasks are shown">
        <button
          type="button"
          className="btn btn-s btn-icon"
          aria-label="Graph"
          title="Graph"
          aria-pressed={view === "graph"}
          onClick={() => onView("graph")}
        >
          <Icon name="flows" />
        </button>
        <button
          type="button"
          className="btn btn-s btn-icon"
          aria-label="Step list"
          title="Step list"
          aria-pressed={view === "list"}
          onClick={() => onView("list")}
        >
          <Icon name="list" />
        </button>
      </fieldset>
      <button
        type="button"
        className="btn btn-s btn-icon btn-ghost"
        aria-label="Zoom to fit"
        title="Zoom to fit (F)"
        disabled={view === "list"}
        onClick={() => fitRef.current?.()}
      >
        <Icon name="fit" />
      </button>
    </div>
  );
}

interface CanvasProps extends Props {
  /** where the toolbar finds what fits the graph into the window */
  fitRef: React.RefObject<(() => void) | null>;
  shape: Shape;
  found: ReadonlySet<number>;
  onFold: (task: number) => void;
}

const NODE_TYPES = { task: TaskNode, frame: GroupNode };
/** How much room the canvas leaves around what is fitted. */
const MARGIN = 0.06;
const ARROWS: Record<string, Direction> = {
  ArrowUp: "up",
  ArrowDown: "down",
  ArrowLeft: "left",
  ArrowRight: "right",
};

function Canvas(props: CanvasProps) {
  const { places, pending } = usePlaces(props.shape);
  if (!places) {
    return (
      <div className="canvas graph-canvas" aria-busy="true">
        <p className="faint graph-wait" role="status">
          {pending ? "Laying out…" : ""}
        </p>
      </div>
    );
  }
  return <Drawing {...props} places={places} pending={pending} />;
}

function Drawing({
  shape,
  places,
  pending,
  selected,
  onSelect,
  onOpen,
  found,
  label,
  onFold,
  fitRef,
  shown = null,
}: CanvasProps & { places: Places; pending: boolean }) {
  const prefix = useId();
  const flow = useReactFlow();
  const root = useRef<HTMLDivElement>(null);
  const kept = useRef<ShownNode[]>([]);
  const [detail, setDetail] = useState<Detail>("all");
  const paced = usePaced(places);
  const chosen = useMemo<ReadonlySet<number>>(
    () => (selected === null ? new Set() : new Set([selected])),
    [selected],
  );
  const nodes = useMemo(() => {
    kept.current = nodesOf(shape, paced, chosen, found, prefix, kept.current);
    return kept.current;
  }, [shape, paced, chosen, found, prefix]);
  const onMove = useCallback((_: unknown, { zoom }: Viewport) => setDetail(detailAt(zoom)), []);
  const fitAll = useFit(shape, places, root);
  useImperativeHandle(fitRef, () => fitAll, [fitAll]);
  useShow(shape, places, selected, root);
  useCloseUp(shape, places, shown, root);
  const extent = useMemo(() => {
    const { x, y, width, height } = bounds(shape, places);
    return { "--graph-width": `${x + width}px`, "--graph-height": `${y + height}px` } as CSSProperties;
  }, [shape, places]);
  const pointed = usePointed(shape, places, onSelect, onOpen);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const direction = ARROWS[event.key];
    const chosen = shape.nodes.find((node) => node.id === selected);
    if (direction) onSelect(walk(shape, places, selected, direction));
    else if (event.key === "f" || event.key === "F") fitAll();
    else if (event.key === "+" || event.key === "=") void flow.zoomIn();
    else if (event.key === "-") void flow.zoomOut();
    else if (event.key === "Escape" && selected !== null) onSelect(null);
    else if (event.key === " " && chosen && (chosen.inner > 0 || callsFlow(chosen.node))) onFold(chosen.id);
    else if (event.key === "Enter" && selected !== null) onOpen?.(selected);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div
      ref={root}
      className={`canvas graph-canvas detail-${detail}`}
      style={extent}
      role="application"
      aria-roledescription="graph"
      aria-label={`${label}. Arrow keys walk along the edges; the step list has the same content.`}
      aria-activedescendant={selected === null ? undefined : `${prefix}-${selected}`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: see above
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <Sprite />
      <DetailContext value={detail}>
        <ReactFlow
          nodes={nodes}
          nodeTypes={NODE_TYPES}
          {...QUIET}
          // Shapes are light: leaving them where they are costs less than taking them in and out while one pans.
          onlyRenderVisibleElements={detail !== "shapes"}
          onNodeClick={pointed.onNode}
          onNodeDoubleClick={pointed.onNodeTwice}
          onPaneClick={pointed.onPane}
          onMove={onMove}
        >
          {paced === places && <EdgeLayer shape={shape} places={places} selected={chosen} />}
          {shape.nodes.length > (shape.small ? 24 : 8) && (
            <MiniMap
              pannable
              zoomable
              ariaLabel="Overview of the graph"
              nodeComponent={MapBox}
              maskColor="color-mix(in oklab, var(--active) 60%, transparent)"
              className="graph-map"
            />
          )}
          {pending && (
            <p className="graph-note" role="status">
              Shown in rows while the layout is worked out
            </p>
          )}
        </ReactFlow>
      </DetailContext>
      <Said shape={shape} selected={selected} />
    </div>
  );
}

/** What the pointer does. The functions stay the same ones: with others the canvas would draw every task anew. */
function usePointed(
  shape: Shape,
  places: Places,
  onSelect: (task: number | null) => void,
  onOpen: ((task: number) => void) | undefined,
) {
  const flow = useReactFlow();
  const latest = useRef({ shape, places, onSelect, onOpen });
  latest.current = { shape, places, onSelect, onOpen };
  return useMemo(() => {
    const onNode = (_: MouseEvent, node: ShownNode) => latest.current.onSelect(Number(node.id));
    const onNodeTwice = (_: MouseEvent, node: ShownNode) => latest.current.onOpen?.(Number(node.id));
    // Shapes leave the pointer to the pane.
    const onPane = (event: MouseEvent) => {
      const now = latest.current;
      now.onSelect(taskAt(flow.screenToFlowPosition({ x: event.clientX, y: event.clientY }), now));
    };
    return { onNode, onNodeTwice, onPane };
  }, [flow]);
}

/** What is chosen, said to who cannot see it. */
function Said({ shape, selected }: { shape: Shape; selected: number | null }) {
  const chosen = shape.nodes.find((node) => node.id === selected);
  return (
    <span className="sr" role="status">
      {chosen && <SaidNode task={chosen.id} node={chosen.node} inner={chosen.inner} />}
    </span>
  );
}

function SaidNode({ task, node, inner }: { task: number; node: GraphNode; inner: number }) {
  const live = useLiveNode(task);
  const change = useContext(ChangesContext)?.get(task);
  return (
    <>
      {spoken(node, inner, live)}
      {spokenChange(change)}
    </>
  );
}

/** The innermost task at a point of the canvas. */
function taskAt({ x, y }: Point, { shape, places }: { shape: Shape; places: Places }): number | null {
  const boxes = onCanvas(shape, places);
  // Groups come before what is in them.
  const here = shape.nodes.findLast((node) => {
    const box = boxes.get(node.id);
    return box && x >= box.x && x <= box.x + box.width && y >= box.y && y <= box.y + box.height;
  });
  return here?.id ?? null;
}

/** Fits the graph into the window, and does so by itself when its places are new. */
function useFit(shape: Shape, places: Places, root: React.RefObject<HTMLDivElement | null>): () => void {
  const flow = useReactFlow();
  const fitted = useRef<Places | null>(null);
  const fitAll = useCallback(() => {
    if (!root.current) return;
    const { clientWidth, clientHeight } = root.current;
    const covered = bounds(shape, places);
    void flow.setViewport(getViewportForBounds(covered, clientWidth, clientHeight, FARTHEST, 1, MARGIN));
  }, [flow, shape, places, root]);
  useEffect(() => {
    if (fitted.current === places) return;
    fitted.current = places;
    fitAll();
  }, [places, fitAll]);
  return fitAll;
}

/** Brings what is chosen into view, if it is not. */
function useShow(
  shape: Shape,
  places: Places,
  selected: number | null,
  root: React.RefObject<HTMLDivElement | null>,
): void {
  const flow = useReactFlow();
  const latest = useRef({ shape, places });
  latest.current = { shape, places };
  useEffect(() => {
    if (selected === null || !root.current) return;
    const box = onCanvas(latest.current.shape, latest.current.places).get(selected);
    if (!box) return;
    const { x, y, zoom } = flow.getViewport();
    const { clientWidth, clientHeight } = root.current;
    if (!isInView(box, { x, y, zoom }, clientWidth, clientHeight))
      void flow.setCenter(box.x + box.width / 2, box.y + box.height / 2, { zoom });
  }, [flow, selected, root]);
}

function isInView(box: Box, { x, y, zoom }: Viewport, width: number, height: number): boolean {
  const left = box.x * zoom + x;
  const top = box.y * zoom + y;
  return left >= 0 && top >= 0 && left + box.width * zoom <= width && top + box.height * zoom <= height;
}

/** From so near on a task's words can be read. */
const READABLE = 0.62;

/** Goes to what is to be looked at, near enough to read it; once its place is known. */
function useCloseUp(
  shape: Shape,
  places: Places,
  shown: { task: number } | null,
  root: React.RefObject<HTMLDivElement | null>,
): void {
  const flow = useReactFlow();
  const done = useRef<{ task: number } | null>(null);
  useEffect(() => {
    if (!shown || shown === done.current || !root.current) return;
    const box = onCanvas(shape, places).get(shown.task);
    if (!box) return;
    done.current = shown;
    const { clientWidth, clientHeight } = root.current;
    const now = flow.getViewport();
    if (now.zoom >= READABLE && isInView(box, now, clientWidth, clientHeight)) return;
    // Of what is larger than the window the beginning is seen.
    const zoom = Math.max(flow.getZoom(), READABLE);
    const x = box.x + Math.min(box.width, clientWidth / zoom) / 2;
    const y = box.y + Math.min(box.height, clientHeight / zoom) / 2;
    void flow.setCenter(x, y, { zoom });
  }, [flow, shape, places, shown, root]);
}
