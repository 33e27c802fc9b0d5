// Places for a shape by the layout engine, which runs in a worker with a deadline. The same shape is laid out
// once: a run that goes on changes states, not places.

import ELK, { type ElkExtendedEdge, type ElkNode } from "elkjs/lib/elk-api";
import elkWorker from "elkjs/lib/elk-worker.min.js?url";
import {
  type Box,
  childrenOf,
  FULL_GAPS,
  type Gaps,
  GROUP_SIDE,
  GROUP_TOP,
  type Places,
  type Point,
  placeInRows,
  SMALL_GAPS,
} from "./place";
import type { Shape, ShapeEdge, ShapeNode } from "./shape";

/** How long the engine may take. */
const DEADLINE_MS = 10_000;
/** How wide what is said of an edge that came or went is drawn. */
const CHANGE_WIDTH = 84;
/** Layouts that are kept. */
const KEPT = 40;
/** From this many tasks on the engine tries fewer ways to untangle edges. */
const MANY = 250;

/** What lays a shape out; the engine in its worker, or a test's. */
export type Engine = (shape: Shape) => Promise<Places>;

/** Layouts by shape. */
export class Layouts {
  #engine: Engine;
  #known = new Map<string, Promise<Places>>();
  #ready = new Map<string, Places>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Places that are there already. */
  ready(shape: Shape): Places | undefined {
    return this.#ready.get(shape.key);
  }

  /** Places by the engine; where it fails or is too slow, rows. Never rejects. */
  of(shape: Shape): Promise<Places> {
    const known = this.#known.get(shape.key);
    if (known) return known;
    const asked = this.#engine(shape)
      .catch(() => placeInRows(shape))
      .then((places) => {
        this.#ready.set(shape.key, places);
        return places;
      });
    this.#known.set(shape.key, asked);
    this.#forget();
    return asked;
  }

  #forget(): void {
    for (const key of this.#known.keys()) {
      if (this.#known.size <= KEPT) return;
      this.#known.delete(key);
      this.#ready.delete(key);
    }
  }
}

let engine: InstanceType<typeof ELK> | null = null;

async function byElk(shape: Shape): Promise<Places> {
  engine ??= new ELK({ workerFactory: () => new Worker(elkWorker) });
  const running = engine;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      // It cannot be asked to stop: the worker ends, the next layout starts another.
      running.terminateWorker();
      if (engine === running) engine = null;
      reject(new Error("the layout took too long"));
    }, DEADLINE_MS);
  });
  try {
    return placesOf(await Promise.race([running.layout(toElk(shape)), late]));
  } finally {
    clearTimeout(timer);
  }
}

export const layouts = new Layouts(byElk);

/** A shape as the engine takes it. */
export function toElk(shape: Shape): ElkNode {
  const children = childrenOf(shape);
  const gaps = shape.small ? SMALL_GAPS : FULL_GAPS;
  return {
    id: "flow",
    layoutOptions: {
      "elk.algorithm": "layered",
      "elk.direction": "DOWN",
      "elk.hierarchyHandling": "INCLUDE_CHILDREN",
      "elk.edgeRouting": "ORTHOGONAL",
      "elk.json.edgeCoords": "ROOT",
      "elk.aspectRatio": "1.4",
      ...spacing(gaps),
      "elk.spacing.componentComponent": String(gaps.side),
      "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
      "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",
      "elk.layered.nodePlacement.favorStraightEdges": "true",
      "elk.layered.thoroughness": shape.nodes.length > MANY ? "2" : "7",
    },
    children: (children.get(null) ?? []).map((node) => toElkNode(node, children, gaps)),
    edges: shape.edges.map((edge) => ({
      id: edge.id,
      sources: [String(edge.from)],
      targets: [String(edge.to)],
      ...(labelOf(edge) ?? {}),
    })),
  };
}

function toElkNode(node: ShapeNode, children: ReadonlyMap<number | null, ShapeNode[]>, gaps: Gaps): ElkNode {
  const inside = children.get(node.id);
  if (!inside) return { id: String(node.id), width: node.width, height: node.height };
  return {
    id: String(node.id),
    layoutOptions: {
      "elk.padding": `[top=${GROUP_TOP},left=${GROUP_SIDE},bottom=${GROUP_SIDE},right=${GROUP_SIDE}]`,
      // What stands in a group takes over nothing from around it.
      ...spacing(gaps),
    },
    children: inside.map((child) => toElkNode(child, children, gaps)),
  };
}

/** Room for what stands on an edge; what came and what went for it stand beside each other. */
function labelOf({ condition, change }: ShapeEdge): Pick<ElkExtendedEdge, "labels"> | null {
  if (change) return { labels: [{ text: change, width: CHANGE_WIDTH, height: 16 }] };
  return condition === null ? null : { labels: [{ text: "", width: 2, height: 16 }] };
}

function spacing({ side, layer }: Gaps): Record<string, string> {
  return {
    "elk.spacing.nodeNode": String(side),
    "elk.spacing.edgeNode": String(side / 2),
    "elk.spacing.edgeEdge": "10",
    "elk.layered.spacing.nodeNodeBetweenLayers": String(layer),
    "elk.layered.spacing.edgeNodeBetweenLayers": String(layer / 3),
  };
}

/** What the engine found, as boxes and routes. */
export function placesOf(laid: ElkNode): Places {
  const boxes = new Map<number, Box>();
  const routes = new Map<string, readonly Point[]>();
  const walk = (parent: ElkNode): void => {
    for (const node of parent.children ?? []) {
      const { x = 0, y = 0, width = 0, height = 0 } = node;
      boxes.set(Number(node.id), { x, y, width, height });
      walk(node);
    }
    for (const edge of parent.edges ?? []) routes.set(edge.id, routeOf(edge));
  };
  walk(laid);
  return { boxes, routes };
}

function routeOf(edge: ElkExtendedEdge): Point[] {
  return (edge.sections ?? []).flatMap((section) => [
    section.startPoint,
    ...(section.bendPoints ?? []),
    section.endPoint,
  ]);
}
