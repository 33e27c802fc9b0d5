// What the pointer does on the canvas: selecting, moving, drawing edges, selecting an area. While something is
// moved nothing is drawn anew: the elements are shifted, and the document hears of it at the end.

import type { Outcome } from "../../edit/tasks";
import type { Box, Places, Point } from "../../graph/place";
import { PORTS, pathAlong, straightRoute } from "../../graph/route";
import type { Shape, ShapeEdge, ShapeNode } from "../../graph/shape";
import type { FlowEditor } from "../context";
import { closesCycle, connect, inside, moveInto, nameOf, parentOf } from "../edits";
import { isArranged, type Position, placed, withNote } from "../layout";
import type { BuildView } from "../view";
import { ownPositions } from "./arranged";
import { edgeAt, frameAt, groupAt, isIn, nodesIn, ownOf, taskAt, withInner } from "./pointed";

/** What is drawn, as the pointer finds it. */
export interface Surface {
  readonly shape: Shape;
  readonly places: Places;
  /** by task, on the whole canvas */
  readonly boxes: ReadonlyMap<number, Box>;
}

/** What of the page the gestures shift, besides the tasks themselves. */
export interface Stage {
  readonly root: HTMLElement;
  surface(): Surface | null;
  /** from the window to the canvas */
  toCanvas(point: Point): Point;
  zoom(): number;
  readonly wire: SVGPathElement;
  readonly area: HTMLElement;
  /** the tasks whose edges are drawn by `edges` from now on */
  moving(tasks: ReadonlySet<number>): void;
  readonly edges: SVGPathElement;
}

type Gesture =
  | { is: "pressed"; node: ShapeNode; at: Point; start: Point; adds: boolean }
  | {
      is: "moved";
      roots: readonly ShapeNode[];
      all: ReadonlySet<number>;
      start: Point;
      elements: HTMLElement[];
    }
  | { is: "wire"; from: ShapeNode; on: Outcome }
  | { is: "area"; start: Point; before: readonly string[] }
  | { is: "ground"; at: Point; moved: boolean }
  | { is: "note"; id: string; at: Point; element: HTMLElement; moved: boolean; resizes: boolean };

/** From so many pixels on a press is a pull. */
const PULL = 4;
/** So many pixels beside an edge one still points at it. */
const NEAR = 7;
/** So near to the canvas's edge something can be carried. */
const EDGE = 24;
/** More layers than these cost more than they save. */
const MOST_LAYERS = 40;
/** Elements on the canvas that look after the pointer themselves. */
const OWN = "button, input, textarea, a, .react-flow__minimap, .canvas-own";

export class Gestures {
  private gesture: Gesture | null = null;
  private frame: number | null = null;
  private last: Point = { x: 0, y: 0 };
  private lit: Element | null = null;
  private settle: (() => void) | null = null;
  private readonly stage: Stage;
  private readonly editor: FlowEditor;
  private readonly view: BuildView;

  constructor(stage: Stage, editor: FlowEditor, view: BuildView) {
    this.stage = stage;
    this.editor = editor;
    this.view = view;
  }

  /** Listens until what it gives back is called. */
  listen(): () => void {
    const { root } = this.stage;
    const leave = new AbortController();
    const { signal } = leave;
    root.addEventListener("pointerdown", this.down, { signal, capture: true });
    // What the canvas library makes of a press would move the canvas.
    root.addEventListener("mousedown", this.keep, { signal, capture: true });
    root.addEventListener("contextmenu", this.menu, { signal });
    root.addEventListener("dblclick", this.twice, { signal });
    window.addEventListener("pointermove", this.move, { signal });
    window.addEventListener("pointerup", this.up, { signal });
    window.addEventListener("pointercancel", this.cancel, { signal });
    window.addEventListener("keydown", this.escape, { signal, capture: true });
    return () => {
      leave.abort();
      this.cancel();
    };
  }

  /** The document has heard of a move: what was shifted stands there by itself now. */
  settled(): void {
    this.settle?.();
    this.settle = null;
  }

  private readonly down = (event: PointerEvent): void => {
    const target = event.target;
    if (!(target instanceof Element) || event.button !== 0) return;
    const port = target.closest<HTMLElement>("[data-port]");
    if (!port && target.closest(OWN)) return;
    const surface = this.stage.surface();
    if (!surface) return;
    this.last = { x: event.clientX, y: event.clientY };
    const at = this.stage.toCanvas(this.last);
    if (!port) this.stage.root.focus({ preventScroll: true });
    this.gesture = port ? wireFrom(surface, port) : this.pressOn(target, surface, at, event);
    // A press that begins something here selects no text on the way.
    if (this.gesture?.is !== "ground") event.preventDefault();
  };

  private pressOn(target: Element, surface: Surface, at: Point, event: PointerEvent): Gesture {
    const note = target.closest<HTMLElement>("[data-note]");
    if (note) {
      const resizes = target.closest("[data-resize]") !== null;
      this.view.set({ note: note.dataset.note ?? null, edge: null });
      this.editor.select([]);
      return { is: "note", id: note.dataset.note ?? "", at, element: note, moved: false, resizes };
    }
    // Far out tasks are shapes, which leave the pointer to the ground.
    const node = nodeOf(surface.shape, target) ?? taskAt(surface.shape, surface.boxes, at);
    const adds = event.shiftKey || event.ctrlKey || event.metaKey;
    const onBody = node !== null && isFrame(node) && !target.closest(".gh");
    if (node && !onBody) return { is: "pressed", node, at, start: this.last, adds };
    const selects = event.shiftKey || this.view.state().tool === "select";
    if (selects)
      return { is: "area", start: at, before: event.shiftKey ? this.editor.snapshot().selection : [] };
    return { is: "ground", at, moved: false };
  }

  private readonly keep = (event: MouseEvent): void => {
    if (this.gesture && this.gesture.is !== "ground" && event.button === 0) event.stopPropagation();
  };

  private readonly move = (event: PointerEvent): void => {
    if (!this.gesture) return;
    const far = Math.hypot(event.clientX - this.last.x, event.clientY - this.last.y);
    const { gesture } = this;
    if (gesture.is === "ground") {
      gesture.moved ||= far > PULL;
      return;
    }
    if (gesture.is === "pressed") {
      if (Math.hypot(event.clientX - gesture.start.x, event.clientY - gesture.start.y) <= PULL) return;
      this.pull(gesture);
    }
    this.last = this.pointOf(event);
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.follow();
    });
  };

  /** Where the pointer is; what is carried stays in sight, however far the pointer leaves the canvas. */
  private pointOf({ clientX, clientY }: PointerEvent): Point {
    const carries = this.gesture?.is === "moved" || this.gesture?.is === "note";
    if (!carries) return { x: clientX, y: clientY };
    const { left, top, right, bottom } = this.stage.root.getBoundingClientRect();
    return {
      x: Math.min(Math.max(clientX, left + EDGE), right - EDGE),
      y: Math.min(Math.max(clientY, top + EDGE), bottom - EDGE),
    };
  }

  /** A press on a task becomes a move of it, and of what is selected with it; a called flow is moved as a whole. */
  private pull({ node: pressed, at }: Gesture & { is: "pressed" }): void {
    const surface = this.stage.surface();
    if (!surface) return;
    const node = ownOf(surface.shape, pressed);
    const { selection } = this.editor.snapshot();
    if (!selection.includes(node.node.path)) this.editor.select([node.node.path]);
    this.view.set({ edge: null, note: null });
    const chosen = new Set(this.editor.snapshot().selection);
    const picked = surface.shape.nodes.filter((one) => chosen.has(one.node.path));
    const ids = new Set(picked.map((one) => one.id));
    const roots = picked.filter((one) => one.parent === null || !hasAround(surface.shape, one, ids));
    const all = withInner(surface.shape, new Set(roots.map((one) => one.id)));
    const elements = [...all].flatMap((id) => {
      const element = this.stage.root.querySelector<HTMLElement>(`.react-flow__node[data-id="${id}"]`);
      return element ? [element] : [];
    });
    // On layers of their own they are moved without painting what they pass over.
    if (elements.length <= MOST_LAYERS)
      for (const element of elements) element.style.willChange = "translate";
    this.stage.moving(all);
    this.gesture = { is: "moved", roots, all, start: at, elements };
  }

  /** Shows where the pointer has brought things. */
  private follow(): void {
    const { gesture } = this;
    const surface = this.stage.surface();
    if (!gesture || !surface) return;
    const at = this.stage.toCanvas(this.last);
    switch (gesture.is) {
      case "moved":
        this.shift(gesture, surface, at);
        break;
      case "wire":
        this.draw(gesture, surface, at);
        break;
      case "area":
        this.span(gesture, surface, at);
        break;
      case "note":
        this.carry(gesture, at);
        break;
    }
  }

  private shift({ all, start, elements }: Gesture & { is: "moved" }, surface: Surface, at: Point): void {
    const by = { x: Math.round(at.x - start.x), y: Math.round(at.y - start.y) };
    for (const element of elements) element.style.translate = `${by.x}px ${by.y}px`;
    this.stage.edges.setAttribute("d", edgesOf(surface, all, by));
    const group = groupAt(surface.shape, surface.boxes, at, all);
    this.light(group);
  }

  private draw({ from, on }: Gesture & { is: "wire" }, { shape, boxes }: Surface, at: Point): void {
    const box = boxes.get(from.id);
    if (!box) return;
    const [start] = straightRoute(box, box, on);
    if (start) this.stage.wire.setAttribute("d", pathAlong([start, { x: at.x, y: at.y }]));
    const target = targetOf(shape, boxes, at, from);
    const isRefused =
      target !== null && target !== "itself" && closesCycle(this.editor, from.node.path, target.node.path);
    this.stage.wire.classList.toggle("is-refused", isRefused);
    this.light(target, isRefused);
  }

  private span({ start, before }: Gesture & { is: "area" }, { shape, boxes }: Surface, at: Point): void {
    const area = between(start, at);
    const { style } = this.stage.area;
    style.display = "block";
    style.translate = `${area.x}px ${area.y}px`;
    style.width = `${area.width}px`;
    style.height = `${area.height}px`;
    const touched = nodesIn(shape, boxes, area).map((one) => one.node.path);
    this.editor.select([...new Set([...before, ...touched])]);
  }

  private carry(gesture: Gesture & { is: "note" }, at: Point): void {
    const by = { x: at.x - gesture.at.x, y: at.y - gesture.at.y };
    gesture.moved ||= Math.hypot(by.x, by.y) * this.stage.zoom() > PULL;
    if (!gesture.moved) return;
    const { style } = gesture.element;
    const note = this.noteOf(gesture.id);
    if (!note) return;
    if (!gesture.resizes) style.translate = `${by.x}px ${by.y}px`;
    else {
      const size = resized(note, by);
      style.width = `${size.width}px`;
      style.height = `${size.height}px`;
    }
  }

  private readonly up = (event: PointerEvent): void => {
    const { gesture } = this;
    if (!gesture) return;
    if (this.frame !== null) {
      cancelAnimationFrame(this.frame);
      this.frame = null;
      this.follow();
    }
    const surface = this.stage.surface();
    const at = this.stage.toCanvas(this.pointOf(event));
    this.gesture = null;
    this.light(null);
    if (!surface) return;
    switch (gesture.is) {
      case "pressed":
        this.pick(gesture);
        break;
      case "moved":
        this.drop(gesture, surface, at);
        break;
      case "wire":
        this.stage.wire.setAttribute("d", "");
        this.plug(gesture, surface, at);
        break;
      case "area":
        this.stage.area.style.display = "none";
        if (this.stage.area.style.width === "") this.editor.select([]);
        this.stage.area.style.width = "";
        break;
      case "ground":
        if (!gesture.moved) this.point(surface, at);
        break;
      case "note":
        this.put(gesture, at);
        break;
    }
  };

  private pick({ node, adds }: Gesture & { is: "pressed" }): void {
    const { path } = node.node;
    const { selection } = this.editor.snapshot();
    this.view.set({ edge: null, note: null });
    if (!adds) this.editor.select([path]);
    else if (selection.includes(path)) this.editor.select(selection.filter((one) => one !== path));
    else this.editor.select([...selection, path]);
  }

  /** A press on the ground: on an edge, on the body of a group or of a called flow, or on nothing. */
  private point({ shape, places, boxes }: Surface, at: Point): void {
    const edge = edgeAt(shape, places, boxes, at, NEAR / this.stage.zoom());
    if (edge) {
      this.choose(shape, edge);
      this.view.set({ menu: { ...this.last, of: "edge" } });
      return;
    }
    this.view.set({ edge: null, note: null });
    const frame = frameAt(shape, boxes, at);
    this.editor.select(frame ? [frame.node.path] : []);
  }

  private choose(shape: Shape, edge: ShapeEdge): void {
    const path = (id: number) => shape.nodes.find((node) => node.id === id)?.node.path ?? "";
    this.editor.select([]);
    this.view.set({
      note: null,
      edge: { from: path(edge.from), to: path(edge.to), on: edge.on, implied: edge.implied },
    });
  }

  private drop(
    { roots, all, start, elements }: Gesture & { is: "moved" },
    surface: Surface,
    at: Point,
  ): void {
    const by = { x: Math.round(at.x - start.x), y: Math.round(at.y - start.y) };
    const back = () => {
      putBack(elements);
      this.stage.edges.setAttribute("d", "");
      this.stage.moving(new Set());
    };
    const group = groupAt(surface.shape, surface.boxes, at, all);
    const into = group?.node.path ?? "";
    const leaving = roots.filter((root) => parentOf(root.node.path) !== into);
    const { layout } = this.editor.snapshot();
    const moved = new Map<string, Position | null>();
    for (const root of roots) {
      const box = surface.boxes.get(root.id);
      const around = group ? surface.boxes.get(group.id) : undefined;
      if (!box) continue;
      const place = { x: box.x + by.x - (around?.x ?? 0), y: box.y + by.y - (around?.y ?? 0) };
      // In a folded group nobody sees where it stands.
      moved.set(inside(into, nameOf(root.node.path)), group && !isFrame(group) ? null : place);
    }
    this.settle = back;
    const before = ownPositions(surface.shape, surface.places);
    if (leaving.length === 0) {
      this.editor.arrange((old) => placed({ ...old, positions: { ...old.positions, ...before } }, moved));
    } else {
      const paths = leaving.map((root) => root.node.path);
      const standing = isArranged(layout.positions) ? { before, after: moved } : null;
      if (!moveInto(this.editor, paths, into, standing)) this.settled();
    }
    // Where nothing is drawn anew, nobody else takes the shift away.
    setTimeout(() => this.settled(), 400);
  }

  private plug({ from, on }: Gesture & { is: "wire" }, { shape, boxes }: Surface, at: Point): void {
    const target = targetOf(shape, boxes, at, from);
    if (target === "itself") return;
    if (target) {
      if (connect(this.editor, from.node.path, target.node.path, on)) this.editor.select([target.node.path]);
      return;
    }
    const parent = parentOf(from.node.path);
    const around = shape.nodes.find((node) => node.node.path === parent);
    const origin = around ? boxes.get(around.id) : undefined;
    const place = {
      x: at.x - from.width / 2 - (origin?.x ?? 0),
      y: at.y - (origin?.y ?? 0),
    };
    this.view.set({ adding: { from: { path: from.node.path, on }, at: place } });
  }

  private put({ id, at: start, element, moved, resizes }: Gesture & { is: "note" }, at: Point): void {
    const note = this.noteOf(id);
    if (!moved || !note) return;
    const by = { x: at.x - start.x, y: at.y - start.y };
    element.style.translate = "";
    const next = resizes
      ? { ...note, ...resized(note, by) }
      : { ...note, x: Math.round(note.x + by.x), y: Math.round(note.y + by.y) };
    this.editor.arrange((layout) => withNote(layout, next));
  }

  private noteOf(id: string) {
    return this.editor.snapshot().layout.notes.find((note) => note.id === id);
  }

  private readonly menu = (event: MouseEvent): void => {
    const surface = this.stage.surface();
    const { target } = event;
    if (!surface || !(target instanceof Element) || target.closest("input, textarea")) return;
    event.preventDefault();
    const at = { x: event.clientX, y: event.clientY };
    const node = nodeOf(surface.shape, target);
    const place = this.stage.toCanvas(at);
    const edge = edgeAt(surface.shape, surface.places, surface.boxes, place, NEAR / this.stage.zoom());
    if (edge && (!node || isFrame(node))) this.choose(surface.shape, edge);
    else if (node && !this.editor.snapshot().selection.includes(node.node.path)) {
      this.view.set({ edge: null, note: null });
      this.editor.select([node.node.path]);
    }
    const ofTask = node?.node.called ? "called" : "task";
    const of = edge && (!node || isFrame(node)) ? "edge" : node ? ofTask : "ground";
    this.view.set({ menu: { ...at, of } });
  };

  private readonly twice = (event: MouseEvent): void => {
    const surface = this.stage.surface();
    const { target } = event;
    if (!surface || !(target instanceof Element) || target.closest(OWN)) return;
    const note = target.closest<HTMLElement>("[data-note]");
    const node = nodeOf(surface.shape, target);
    if (note) this.view.set({ renaming: note.dataset.note ?? null });
    else if (node && !node.node.called && (!isFrame(node) || target.closest(".gh")))
      this.view.set({ renaming: node.node.path });
  };

  private readonly escape = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || !this.gesture || this.gesture.is === "ground") return;
    event.preventDefault();
    event.stopPropagation();
    this.cancel();
  };

  private readonly cancel = (): void => {
    const { gesture } = this;
    this.gesture = null;
    if (this.frame !== null) cancelAnimationFrame(this.frame);
    this.frame = null;
    this.light(null);
    this.stage.wire.setAttribute("d", "");
    this.stage.area.style.display = "none";
    if (gesture?.is === "moved") {
      putBack(gesture.elements);
      this.stage.edges.setAttribute("d", "");
      this.stage.moving(new Set());
    }
    if (gesture?.is === "note") gesture.element.style.translate = "";
  };

  /** Shows what is going to be taken, or that it cannot be. */
  private light(target: ShapeNode | "itself" | null, isRefused = false): void {
    const id = target === null || target === "itself" ? null : target.id;
    const element =
      id === null ? null : this.stage.root.querySelector(`.react-flow__node[data-id="${id}"] > *`);
    if (element === this.lit) return;
    this.lit?.classList.remove("is-target", "is-refused");
    element?.classList.add("is-target");
    element?.classList.toggle("is-refused", isRefused);
    this.lit = element;
  }
}

function putBack(elements: readonly HTMLElement[]): void {
  for (const { style } of elements) {
    style.translate = "";
    style.willChange = "";
  }
}

function wireFrom({ shape }: Surface, port: HTMLElement): Gesture | null {
  const from = shape.nodes.find((node) => node.id === Number(port.dataset.of));
  return from ? { is: "wire", from, on: port.dataset.port as Outcome } : null;
}

function nodeOf(shape: Shape, target: Element): ShapeNode | null {
  const element = target.closest<HTMLElement>(".react-flow__node");
  const id = element?.dataset.id;
  return id === undefined ? null : (shape.nodes.find((node) => node.id === Number(id)) ?? null);
}

export function isFrame(node: ShapeNode): boolean {
  return node.inner > 0 && !node.folded;
}

function hasAround(shape: Shape, node: ShapeNode, ids: ReadonlySet<number>): boolean {
  let { parent } = node;
  while (parent !== null) {
    if (ids.has(parent)) return true;
    const above = shape.nodes.find((one) => one.id === parent);
    parent = above?.parent ?? null;
  }
  return false;
}

/** What an edge that is let go here leads to; a group around where it begins is ground. */
function targetOf(
  shape: Shape,
  boxes: ReadonlyMap<number, Box>,
  at: Point,
  from: ShapeNode,
): ShapeNode | "itself" | null {
  let found: ShapeNode | null = null;
  for (const node of shape.nodes) {
    const box = boxes.get(node.id);
    if (box && isIn(box, at) && (!found || node.depth >= found.depth)) found = node;
  }
  if (!found) return null;
  found = ownOf(shape, found);
  if (found === from) return "itself";
  if (from.node.path.startsWith(`${found.node.path}/`)) return null;
  return found;
}

function between(one: Point, other: Point): Box {
  return {
    x: Math.min(one.x, other.x),
    y: Math.min(one.y, other.y),
    width: Math.abs(one.x - other.x),
    height: Math.abs(one.y - other.y),
  };
}

const SMALLEST = 48;

function resized({ width, height }: { width: number; height: number }, by: Point) {
  return {
    width: Math.max(SMALLEST * 2, Math.round(width + by.x)),
    height: Math.max(SMALLEST, Math.round(height + by.y)),
  };
}

/** The edges of what is moved, as one path. */
function edgesOf({ shape, boxes }: Surface, all: ReadonlySet<number>, by: Point): string {
  const boxOf = (id: number): Box | null => {
    const box = boxes.get(id);
    if (!box) return null;
    return all.has(id) ? { ...box, x: box.x + by.x, y: box.y + by.y } : box;
  };
  let path = "";
  for (const edge of shape.edges) {
    if (!all.has(edge.from) && !all.has(edge.to)) continue;
    const from = boxOf(edge.from);
    const to = boxOf(edge.to);
    if (from && to) path += pathAlong(straightRoute(from, to, edge.on));
  }
  return path;
}

/** Where the ports of a task hang from its lower side. */
export function portsOf(box: Box): readonly { on: Outcome; x: number; y: number }[] {
  return (["failed", "succeeded", "finished"] as const).map((on) => ({
    on,
    x: box.x + box.width * PORTS[on],
    y: box.y + box.height,
  }));
}
