// The flows that a flow calls, drawn where they are called: the task becomes a frame around the other flow's
// graph. What stands in it belongs to that flow, and is changed there. Pure; whoever draws brings the graphs.

import type { Graph, GraphEdge, GraphNode } from "../api/types";

/** Between the path of a task that calls a flow and a path within that flow: no task's own path has it. */
const INTO = "//";

/** What a flow's text calls a flow; anything else is a file, or is worked out when the task runs. */
const NAME = /^[a-z0-9][a-z0-9_-]*$/;

/** Of what stands in the frame of a called flow. */
export interface Called {
  /** the flow that it belongs to, by its name */
  readonly flow: string;
  /** it is no task: it says why there are none, or that they are on their way */
  readonly says: "wait" | "note" | "problem" | null;
}

export interface DrawnNode extends GraphNode {
  readonly called?: Called;
}

/** What is known of a flow that is called; without it, it is being asked for. */
export interface Answer {
  readonly graph: Graph | undefined;
  /** why there is none */
  readonly error: string | null;
  /** it ran: what the graph was then is drawn, of whatever flow it is, and as often as it called itself */
  readonly isRun?: boolean;
}

/** What is known of what a task calls: of the task, and of the flow if its text says which. */
export type Answers = (path: string, flow: string | null) => Answer | undefined;

export interface Drawn {
  readonly graph: Graph & { readonly nodes: readonly DrawnNode[] };
  /** the flows whose graphs are drawn in it, by their names */
  readonly needs: readonly string[];
}

const NOTHING: readonly string[] = [];

/** The part of a path that is a task of the flow itself: of what a called flow has, the task that calls it. */
export function ownPath(path: string): string {
  const at = path.indexOf(INTO);
  return at < 0 ? path : path.slice(0, at);
}

export function isOwn(path: string): boolean {
  return !path.includes(INTO);
}

/** The path of the task that calls the flow that the task belongs to. */
export function outerPath(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf(INTO)));
}

/** The path in the flow that the task belongs to. */
export function innerPath(path: string): string {
  return path.slice(path.lastIndexOf(INTO) + (isOwn(path) ? 1 : INTO.length));
}

/** Whether the task calls a flow, which can be opened in place. */
export function callsFlow({ kind, called }: DrawnNode): boolean {
  return kind === "flow" && (called?.says ?? null) === null;
}

/** The name of the flow that a task calls, where its text says it. */
export function calledFlow(node: DrawnNode): string | null {
  return callsFlow(node) && node.fact !== null && NAME.test(node.fact) ? node.fact : null;
}

/**
 * The graph with what is called by the tasks with these paths in it. Tasks of called flows are numbered below
 * zero, so that they are never taken for the flow's own.
 */
export function withCalled(graph: Graph, flow: string, opened: ReadonlySet<string>, answers: Answers): Drawn {
  if (!graph.nodes.some((node) => opened.has(node.path) && callsFlow(node))) return { graph, needs: NOTHING };
  const drawing = new Drawing(opened, answers);
  drawing.put(graph, { flow, around: [], path: "", parent: null });
  return {
    graph: { ...graph, nodes: drawing.nodes, edges: drawing.edges },
    needs: [...drawing.needs].toSorted(),
  };
}

/** Where a graph comes to stand. */
interface Place {
  readonly flow: string;
  /** the flows around it, the outermost first */
  readonly around: readonly string[];
  /** the path of the task that calls it, and `//`; empty of the flow itself */
  readonly path: string;
  readonly parent: number | null;
}

class Drawing {
  readonly nodes: DrawnNode[] = [];
  readonly edges: GraphEdge[] = [];
  readonly needs = new Set<string>();
  private readonly opened: ReadonlySet<string>;
  private readonly answers: Answers;
  private last = 0;

  constructor(opened: ReadonlySet<string>, answers: Answers) {
    this.opened = opened;
    this.answers = answers;
  }

  put(graph: Graph, place: Place): void {
    const numbers = new Map<number, number>();
    const numbered = (task: number) => numbers.get(task) ?? task;
    for (const node of graph.nodes) {
      const drawn = place.parent === null ? node : this.inside(node, place, place.parent, numbered);
      numbers.set(node.task, drawn.task);
      this.nodes.push(drawn);
      if (callsFlow(drawn) && this.opened.has(drawn.path)) this.open(drawn, place);
    }
    for (const edge of graph.edges)
      this.edges.push(
        place.parent === null ? edge : { ...edge, from: numbered(edge.from), to: numbered(edge.to) },
      );
  }

  private inside(
    node: GraphNode,
    { flow, path }: Place,
    frame: number,
    numbered: (task: number) => number,
  ): DrawnNode {
    return {
      ...node,
      task: this.number(),
      path: path + node.path,
      parent: node.parent === null ? frame : numbered(node.parent),
      called: { flow, says: null },
    };
  }

  private open(node: DrawnNode, { flow, around }: Place): void {
    const chain = [...around, flow];
    const name = calledFlow(node);
    const answer = this.answers(node.path, name);
    const into = { around: chain, path: node.path + INTO, parent: node.task };
    if (answer?.isRun && answer.graph) this.put(answer.graph, { ...into, flow: answer.graph.flow });
    else if (name === null) this.say(node, ...unnamed(node.fact));
    else if (chain.includes(name))
      this.say(node, "note", name, "calls itself here: it stands around this already");
    else {
      this.needs.add(name);
      const why = whyNot(name, answer);
      if (why) this.say(node, ...why);
      else if (answer?.graph) this.put(answer.graph, { ...into, flow: name });
    }
  }

  /** What stands in the frame in place of a graph. */
  private say(frame: DrawnNode, says: "wait" | "note" | "problem", name: string, fact: string): void {
    this.nodes.push({
      task: this.number(),
      path: frame.path + INTO,
      name,
      kind: "",
      parent: frame.task,
      fact,
      mapped: false,
      when: null,
      line: frame.line,
      problems: [],
      usual_ms: null,
      called: { flow: calledFlow(frame) ?? "", says },
    });
  }

  private number(): number {
    this.last -= 1;
    return this.last;
  }
}

type Said = [says: "wait" | "note" | "problem", name: string, fact: string];

function unnamed(fact: string | null): Said {
  if (fact === null) return ["problem", "no flow", "the task does not say which flow it calls"];
  if (fact.includes("{{"))
    return ["note", "not known yet", `which flow it is, ${fact} says when the task runs`];
  return ["note", fact, "a file is called by its path: only a flow that is called by its name is drawn here"];
}

/** Why a flow's tasks cannot be drawn. */
function whyNot(name: string, answer: Answer | undefined): Said | null {
  if (answer && answer.error !== null) return ["problem", name, answer.error];
  const graph = answer?.graph;
  if (!graph) return ["wait", name, "is being read"];
  if (graph.nodes.length > 0) return null;
  const [problem] = graph.problems;
  if (!problem) return ["note", name, "has no task yet"];
  return ["problem", name, `cannot be read: line ${problem.line}: ${problem.message}`];
}
