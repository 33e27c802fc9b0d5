// One flow while it is edited: the text, its history, what the engine says of it, what is selected. The canvas,
// the step list, the inspector and the text editor all change it through here, and hear of every change. It
// knows neither React nor the network: what the engine does comes in as functions.

import { FlowDocument, type TaskPath } from "../edit/document";
import {
  attempt,
  type Draft,
  type Edit,
  isRefusal,
  type Note,
  type Outcome,
  type Refusal,
} from "../edit/draft";
import { History } from "../edit/history";
import type { Language } from "../edit/language";
import { renamedTasks } from "../edit/renamed";
import type { Splice } from "../edit/splice";
import { isOwn, ownPath } from "../graph/called";
import { carried, EMPTY_LAYOUT, type Layout, LayoutHistory, repath } from "./layout";

/** What the engine says of a text. */
export interface Report<Problem, Graph> {
  readonly problems: readonly Problem[];
  /** what of it can be drawn; `null`: nothing */
  readonly graph: Graph | null;
}

/** What the engine does for the editor. */
export interface Engine<Problem, Graph> {
  check(text: string, signal: AbortSignal): Promise<Report<Problem, Graph>>;
  /** keeps the text where a crash of the window does not lose it; `null`: it is saved */
  keep(text: string | null): void;
  /** keeps where the tasks stand */
  keepLayout?(layout: Layout): void;
}

export interface Snapshot<Problem, Graph> {
  readonly document: FlowDocument;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  /** whether the text differs from the one that was saved last */
  readonly isDirty: boolean;
  /** what the engine said last, and of which text */
  readonly report: Report<Problem, Graph> | null;
  readonly reported: string | null;
  /** the last graph that could be drawn: while the text cannot be read, that of before */
  readonly graph: Graph | null;
  /** the engine could not be asked */
  readonly unchecked: boolean;
  /** paths of the selected tasks: `group/inner`; the last one is shown beside the canvas. One of a called flow
   * is selected alone */
  readonly selection: readonly string[];
  /** why the last edit was not made, or what of it a person should look at */
  readonly said: Refusal | readonly Note[] | null;
  /** where the tasks stand on the canvas */
  readonly layout: Layout;
}

/** Who changed the text, so that a text editor does not hear of its own typing. */
export type Origin = "text" | "edit" | "history" | "file";

type Heard = (splices: readonly Splice[], origin: Origin) => void;

/** So long after the last change the engine is asked, and the text is kept. */
const CHECK_AFTER_MS = 120;
const KEEP_AFTER_MS = 600;

export class Editor<Problem = unknown, Graph = unknown> {
  private readonly engine: Engine<Problem, Graph>;
  private readonly history: History;
  private readonly layouts = new LayoutHistory(EMPTY_LAYOUT);
  private readonly listeners = new Set<() => void>();
  private readonly hearers = new Set<Heard>();
  private current: Snapshot<Problem, Graph>;
  private checking: AbortController | null = null;
  private checkTimer: ReturnType<typeof setTimeout> | null = null;
  private keepTimer: ReturnType<typeof setTimeout> | null = null;
  private layoutTimer: ReturnType<typeof setTimeout> | null = null;
  private keptLayout: Layout = EMPTY_LAYOUT;
  /** the last document that could be read, every task with its name */
  private readable: FlowDocument;

  constructor(text: string, language: Language, engine: Engine<Problem, Graph>) {
    this.engine = engine;
    this.history = new History(text);
    this.current = {
      document: new FlowDocument(text, language),
      canUndo: false,
      canRedo: false,
      isDirty: false,
      report: null,
      reported: null,
      graph: null,
      unchecked: false,
      selection: [],
      said: null,
      layout: EMPTY_LAYOUT,
    };
    this.readable = this.current.document;
    void this.check();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly snapshot = (): Snapshot<Problem, Graph> => this.current;

  /** Hears of every change of the text, as splices of the text before it. */
  hear(heard: Heard): () => void {
    this.hearers.add(heard);
    return () => this.hearers.delete(heard);
  }

  /**
   * Makes an edit: one step of the history. What it adds or renames is selected. `follow` gives the layout that
   * belongs to the flow after it: it is undone with the edit. Edits with one word for `merge` that follow each
   * other soon, as while a field is typed into, are one step.
   */
  edit(
    make: (draft: Draft) => void,
    follow?: (layout: Layout, edit: Edit) => Layout,
    merge?: string,
  ): Outcome {
    const outcome = attempt(this.current.document, make);
    if (isRefusal(outcome)) {
      this.set({ said: outcome });
      return outcome;
    }
    const before = this.history.depth;
    const step = { splices: outcome.splices, time: Date.now() };
    this.history.change(merge === undefined ? step : { ...step, merge });
    this.layouts.forget();
    const { depth } = this.history;
    if (follow) this.layouts.change(follow(this.layouts.layout, outcome), depth, depth !== before);
    const named = outcome.tasks.map(pathText);
    this.follow(outcome.splices, "edit", outcome.document, named.length > 0 ? named : null);
    this.set({ said: outcome.notes.length > 0 ? outcome.notes : null });
    return outcome;
  }

  /** Takes what was typed into the text editor. */
  typed(splices: readonly Splice[]): void {
    this.history.change({ splices, time: Date.now(), merge: "typing" });
    this.layouts.forget();
    this.follow(splices, "text");
  }

  /** Moves tasks or notes on the canvas: one step of the history. */
  arrange(change: (layout: Layout) => Layout): void {
    const after = change(this.layouts.layout);
    if (after === this.layouts.layout) return;
    // Typing that goes on is another step than that before.
    this.history.seal();
    this.history.forget();
    this.layouts.change(after, this.history.depth, false);
    this.set({ ...this.standing(), said: null });
    this.keepLayoutLater();
  }

  /** Folds groups and called flows: that is kept, and no step of the history. */
  fold(change: (layout: Layout) => Layout): void {
    this.layouts.view(change);
    this.set(this.standing());
    this.keepLayoutLater();
  }

  /** The layout as it is kept beside the file; what was done here before stays. */
  loadLayout(layout: Layout): void {
    this.layouts.view(() => layout);
    this.keptLayout = layout;
    this.set(this.standing());
  }

  undo(): void {
    const { depth } = this.history;
    if (this.layouts.undo(depth, false)) {
      this.laidOut();
      return;
    }
    const splices = this.history.undo();
    if (splices === null) return;
    this.layouts.undo(depth, true);
    this.step(splices);
  }

  redo(): void {
    if (this.layouts.redo(this.history.depth, false)) {
      this.laidOut();
      return;
    }
    const splices = this.history.redo();
    if (splices === null) return;
    this.layouts.redo(this.history.depth, true);
    this.step(splices);
  }

  /** The text of the file, changed by somebody else: a step that can be undone. */
  replace(text: string, origin: Origin = "file"): void {
    const before = this.history.text;
    if (text === before) return;
    const splices = [{ from: 0, to: before.length, insert: text }];
    this.history.change({ splices, time: Date.now() });
    this.layouts.forget();
    this.follow(splices, origin);
  }

  /** This text is on the disk now: by default the one here. */
  saved(text: string = this.history.text): void {
    this.history.markSaved(text);
    if (this.keepTimer !== null) clearTimeout(this.keepTimer);
    this.keepTimer = null;
    if (!this.history.state.isDirty) this.engine.keep(null);
    this.set(this.standing());
  }

  /** What a called flow has is looked at by itself: nothing is done to it together with others. */
  select(asked: readonly string[]): void {
    const last = asked.at(-1);
    const paths = last === undefined || isOwn(last) ? asked.filter(isOwn) : [last];
    const same = paths.length === this.current.selection.length;
    if (same && paths.every((path, at) => path === this.current.selection[at])) return;
    this.set({ selection: paths });
  }

  /** What was said of the last edit has been read. */
  heard(): void {
    if (this.current.said !== null) this.set({ said: null });
  }

  /** The engine answers again: what it was not asked while it was away is asked now, and what is not saved kept. */
  back(): void {
    if (this.current.unchecked) void this.check();
    if (this.history.state.isDirty) this.keepNow();
  }

  /** Nobody edits any more: what is not saved is kept at once. */
  close(): void {
    this.checking?.abort();
    if (this.checkTimer !== null) clearTimeout(this.checkTimer);
    if (this.keepTimer !== null) {
      clearTimeout(this.keepTimer);
      this.keepNow();
    }
    if (this.layoutTimer !== null) {
      clearTimeout(this.layoutTimer);
      this.keepLayoutNow();
    }
  }

  private step(splices: readonly Splice[]): void {
    this.follow(splices, "history");
    this.set({ said: null });
    this.keepLayoutLater();
  }

  private laidOut(): void {
    this.set({ ...this.standing(), said: null });
    this.keepLayoutLater();
  }

  private keepLayoutLater(): void {
    if (this.layoutTimer !== null) clearTimeout(this.layoutTimer);
    this.layoutTimer = setTimeout(() => this.keepLayoutNow(), KEEP_AFTER_MS);
  }

  private keepLayoutNow(): void {
    this.layoutTimer = null;
    if (this.layouts.layout !== this.keptLayout) this.engine.keepLayout?.(this.layouts.layout);
    this.keptLayout = this.layouts.layout;
  }

  private follow(
    splices: readonly Splice[],
    origin: Origin,
    document = this.current.document.next(this.history.text),
    selection: readonly string[] | null = null,
  ): void {
    if (origin === "edit") this.readable = document;
    this.set({ document, selection: selection ?? this.stillSelected(document), ...this.standing() });
    for (const heard of this.hearers) heard(splices, origin);
    // Typing goes on; an edit is whole, and what it drew is waited for.
    this.later(origin === "text" ? CHECK_AFTER_MS : 0);
    if (origin === "edit") this.keepLayoutLater();
  }

  /** A selected task that is gone is not selected; as long as the text cannot be read, nobody knows. */
  private stillSelected(document: FlowDocument): readonly string[] {
    const { selection } = this.current;
    const renamed = document.failure ? null : renamedTasks(this.readable, document);
    if (renamed === null) return selection;
    this.readable = document;
    let left = selection;
    for (const { from, to } of renamed) {
      const [old, now] = [pathText(from), pathText(to)];
      left = left.map((path) => repath(path, old, now));
      this.carry(old, now);
    }
    return left.filter((path) => document.task(pathOf(ownPath(path))) !== undefined);
  }

  /** A task stands where it stood under its name before. That is no step: the text's own step leads back, too. */
  private carry(from: string, to: string): void {
    const { layout } = this.layouts;
    const next = carried(layout, from, to);
    if (next === layout) return;
    this.layouts.view(() => next);
    this.keepLayoutLater();
  }

  private standing() {
    const { canUndo, canRedo, isDirty } = this.history.state;
    const { depth } = this.history;
    return {
      canUndo: canUndo || this.layouts.canUndo(depth),
      canRedo: canRedo || this.layouts.canRedo(depth),
      isDirty,
      layout: this.layouts.layout,
    };
  }

  private set(change: Partial<Snapshot<Problem, Graph>>): void {
    this.current = { ...this.current, ...change };
    for (const listener of this.listeners) listener();
  }

  private later(wait: number): void {
    if (this.checkTimer !== null) clearTimeout(this.checkTimer);
    this.checkTimer = setTimeout(() => void this.check(), wait);
    if (this.keepTimer !== null) clearTimeout(this.keepTimer);
    this.keepTimer = setTimeout(() => this.keepNow(), KEEP_AFTER_MS);
  }

  private keepNow(): void {
    if (this.keepTimer !== null) clearTimeout(this.keepTimer);
    this.keepTimer = null;
    this.engine.keep(this.history.state.isDirty ? this.history.text : null);
  }

  private async check(): Promise<void> {
    this.checkTimer = null;
    this.checking?.abort();
    const checking = new AbortController();
    this.checking = checking;
    const text = this.history.text;
    try {
      const report = await this.engine.check(text, checking.signal);
      if (checking.signal.aborted) return;
      this.set({
        report,
        reported: text,
        unchecked: false,
        ...(report.graph ? { graph: report.graph } : {}),
      });
    } catch {
      // Without an answer, what was said last stands, and the interface says that it is old.
      if (!checking.signal.aborted) this.set({ unchecked: true });
    }
  }
}

export function pathText(path: TaskPath): string {
  return path.join("/");
}

export function pathOf(text: string): TaskPath {
  return text === "" ? [] : text.split("/");
}
