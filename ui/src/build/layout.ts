// Where a flow's tasks stand on the canvas, what is folded, and the notes beside them: what is kept
// beside the flow file, and never in it.

export interface Position {
  readonly x: number;
  readonly y: number;
}

export interface CanvasNote extends Position {
  readonly id: string;
  readonly width: number;
  readonly height: number;
  /** Markdown */
  readonly text: string;
}

export interface Layout {
  readonly version: 1;
  /** by path, within the group that the task stands in; without any, the flow lays itself out */
  readonly positions: Readonly<Record<string, Position>>;
  /** paths of groups whose inside is not shown */
  readonly folded: readonly string[];
  /** paths of tasks within which the flow that they call is shown */
  readonly opened: readonly string[];
  readonly notes: readonly CanvasNote[];
}

export const EMPTY_LAYOUT: Layout = { version: 1, positions: {}, folded: [], opened: [], notes: [] };

/** Whether a person has moved anything: then new tasks come to stand beside the others, and nothing else moves. */
export function isArranged(positions: Layout["positions"]): boolean {
  for (const _ in positions) return true;
  return false;
}

/** Tasks stand elsewhere now; what is null lays itself out. */
export function placed(layout: Layout, moved: ReadonlyMap<string, Position | null>): Layout {
  const positions = { ...layout.positions };
  for (const [path, position] of moved) {
    if (position === null) delete positions[path];
    else positions[path] = rounded(position);
  }
  return { ...layout, positions };
}

function rounded({ x, y }: Position): Position {
  return { x: Math.round(x), y: Math.round(y) };
}

export function withFold(layout: Layout, path: string, folded: boolean): Layout {
  const others = layout.folded.filter((one) => one !== path);
  return { ...layout, folded: folded ? [...others, path] : others };
}

/** What of a task says whether it is folded. */
interface Foldable {
  readonly path: string;
  readonly kind: string;
}

/** Groups stand open unless they are folded; a flow that is called, only where it is opened. */
export function isFolded({ folded, opened }: Layout, { path, kind }: Foldable): boolean {
  return kind === "flow" ? !opened.includes(path) : folded.includes(path);
}

/** Folds what stands open, or opens what is folded. */
export function turned(layout: Layout, task: Foldable): Layout {
  if (task.kind !== "flow") return withFold(layout, task.path, !layout.folded.includes(task.path));
  const others = layout.opened.filter((one) => one !== task.path);
  return { ...layout, opened: isFolded(layout, task) ? [...others, task.path] : others };
}

/** What is known of a path, and of what stands in it, is known of another one. */
export function repathed(layout: Layout, from: string, to: string): Layout {
  if (from === to) return layout;
  const entries = Object.entries(layout.positions);
  return {
    ...layout,
    positions: Object.fromEntries(entries.map(([path, position]) => [repath(path, from, to), position])),
    folded: layout.folded.map((path) => repath(path, from, to)),
    opened: layout.opened.map((path) => repath(path, from, to)),
  };
}

/** The path as it is where the task at `from`, the path's own or a group around it, is at `to`. */
export function repath(path: string, from: string, to: string): string {
  if (path === from) return to;
  return path.startsWith(`${from}/`) ? to + path.slice(from.length) : path;
}

/** The layout where a task that nobody knew before turned out to be one under another name. */
export function carried(layout: Layout, from: string, to: string): Layout {
  const isOf = (path: string) => path === from || path.startsWith(`${from}/`);
  if (!Object.keys(layout.positions).some(isOf) && !layout.folded.some(isOf)) return layout;
  // What is known of its new name is of a task that was there long ago.
  return repathed(without(layout, [to]), from, to);
}

/** The layout without what is said of tasks that are gone. */
export function without(layout: Layout, gone: readonly string[]): Layout {
  const isGone = (path: string) => gone.some((one) => path === one || path.startsWith(`${one}/`));
  const entries = Object.entries(layout.positions);
  return {
    ...layout,
    positions: Object.fromEntries(entries.filter(([path]) => !isGone(path))),
    folded: layout.folded.filter((path) => !isGone(path)),
    opened: layout.opened.filter((path) => !isGone(path)),
  };
}

/** A note put in, or changed where there is one with its id. */
export function withNote(layout: Layout, note: CanvasNote): Layout {
  const isKnown = layout.notes.some((one) => one.id === note.id);
  const notes = isKnown
    ? layout.notes.map((one) => (one.id === note.id ? note : one))
    : [...layout.notes, note];
  return { ...layout, notes };
}

export function withoutNote(layout: Layout, id: string): Layout {
  return { ...layout, notes: layout.notes.filter((one) => one.id !== id) };
}

/** Layouts as the steps of a history that goes along with the text's. */
interface Step {
  readonly before: Layout;
  readonly after: Layout;
  /** how many steps of the text lead there */
  readonly depth: number;
  /** it is done and undone with the step of the text at that depth */
  readonly joined: boolean;
}

/**
 * The history of a layout between the steps of a text. Both are undone in the order in which they were done,
 * and one that belongs to an edit of the text goes with it.
 */
export class LayoutHistory {
  layout: Layout;
  private done: Step[] = [];
  private undone: Step[] = [];

  constructor(layout: Layout) {
    this.layout = layout;
  }

  /** One step. `joined`: it belongs to the step of the text that leads to this depth. */
  change(after: Layout, depth: number, joined: boolean): void {
    if (after === this.layout) return;
    this.done.push({ before: this.layout, after, depth, joined });
    this.undone = [];
    this.layout = after;
  }

  /** Changes it in every step: what is no step of its own, such as folding. */
  view(change: (layout: Layout) => Layout): void {
    this.layout = change(this.layout);
  }

  canUndo(depth: number): boolean {
    return this.done.at(-1)?.depth === depth;
  }

  canRedo(depth: number): boolean {
    const next = this.undone.at(-1);
    return next !== undefined && next.depth === depth && !next.joined;
  }

  /** Undoes the last step if it came behind the text's at this depth; `joined` asks for those of that step. */
  undo(depth: number, joined: boolean): boolean {
    const step = this.done.at(-1);
    if (!step || step.depth !== depth || step.joined !== joined) return false;
    this.done.pop();
    this.undone.push(step);
    this.layout = this.stepped(step.before, step.joined);
    return true;
  }

  redo(depth: number, joined: boolean): boolean {
    const step = this.undone.at(-1);
    if (!step || step.depth !== depth || step.joined !== joined) return false;
    this.undone.pop();
    this.done.push(step);
    this.layout = this.stepped(step.after, step.joined);
    return true;
  }

  /** What is folded is a step of its own nowhere; with an edit of the text it goes back to what fits. */
  private stepped(layout: Layout, joined: boolean): Layout {
    const { folded, opened } = joined ? layout : this.layout;
    return { ...layout, folded, opened };
  }

  /** A change of the text: what was undone cannot be done again. */
  forget(): void {
    this.undone = [];
  }
}
