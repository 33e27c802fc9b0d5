// What was done to a document, to be undone and done again. Nothing here knows a clock: times are given.

import { apply, compose, invert, type Splice, tidy } from "./splice";

/** One step: what undoing it does, and what doing it again does. */
interface Step {
  readonly undo: readonly Splice[];
  readonly redo: readonly Splice[];
  /** steps of one kind that follow each other soon become one: `null`, never */
  readonly merge: string | null;
  readonly time: number;
}

export interface HistoryState {
  readonly text: string;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  /** whether the text differs from the one that was saved last */
  readonly isDirty: boolean;
}

export interface Change {
  readonly splices: readonly Splice[];
  /** in milliseconds */
  readonly time: number;
  /** typing gives one word, so that it becomes one step; without, the step stands alone */
  readonly merge?: string;
}

/** Typing that goes on after a longer pause is another step. */
const PAUSE_MS = 500;
/** Older steps are forgotten. */
const MOST_STEPS = 1_000;

export class History {
  private current: string;
  private done: Step[] = [];
  private undone: Step[] = [];
  private saved: string;
  private open: readonly Splice[] | null = null;
  private forgotten = 0;

  constructor(text: string) {
    this.current = text;
    this.saved = text;
  }

  get text(): string {
    return this.current;
  }

  get state(): HistoryState {
    return {
      text: this.current,
      canUndo: this.done.length > 0 || (this.open?.length ?? 0) > 0,
      canRedo: this.undone.length > 0,
      isDirty: this.current !== this.saved,
    };
  }

  /** How many steps lead to the text: of two times with one depth, no step lies between. */
  get depth(): number {
    return this.forgotten + this.done.length;
  }

  /** Does a change, from the canvas, the text editor or another place. */
  change({ splices, time, merge }: Change): void {
    const step = tidy(this.current, splices);
    if (step.length === 0) return;
    if (this.open) {
      this.open = compose(this.open, step);
      this.current = apply(this.current, step);
      return;
    }
    this.push(step, time, merge ?? null);
  }

  /** All changes made while `make` runs are one step. If it throws, none of them has been made. */
  together(time: number, make: () => void): void {
    if (this.open) {
      make();
      return;
    }
    const before = this.current;
    this.open = [];
    try {
      make();
    } catch (error) {
      this.current = before;
      throw error;
    } finally {
      const splices = this.open;
      this.open = null;
      if (this.current !== before) {
        this.current = before;
        this.push(splices, time, null);
      }
    }
  }

  /** Undoes the last step; what that did to the text, or `null` where there is none. */
  undo(): readonly Splice[] | null {
    const step = this.done.pop();
    if (!step) return null;
    this.undone.push(step);
    this.current = apply(this.current, step.undo);
    return step.undo;
  }

  redo(): readonly Splice[] | null {
    const step = this.undone.pop();
    if (!step) return null;
    this.done.push({ ...step, merge: null });
    this.current = apply(this.current, step.redo);
    return step.redo;
  }

  /** What was undone cannot be done again any more. */
  forget(): void {
    this.undone = [];
  }

  /** The text on disk is this one now: by default the one here. */
  markSaved(text: string = this.current): void {
    this.saved = text;
    this.seal();
  }

  /** The next change begins a new step, whatever it is. */
  seal(): void {
    const last = this.done.pop();
    if (last) this.done.push({ ...last, merge: null });
  }

  private push(splices: readonly Splice[], time: number, merge: string | null): void {
    const undo = invert(this.current, splices);
    const last = this.done.at(-1);
    this.current = apply(this.current, splices);
    this.undone = [];
    const follows =
      last !== undefined && merge !== null && last.merge === merge && time - last.time <= PAUSE_MS;
    if (follows) {
      this.done.pop();
      const both = { undo: compose(undo, last.undo), redo: compose(last.redo, splices) };
      this.done.push({ ...both, merge, time });
    } else {
      this.done.push({ undo, redo: splices, merge, time });
    }
    if (this.done.length > MOST_STEPS) {
      this.done.shift();
      this.forgotten += 1;
    }
  }
}
