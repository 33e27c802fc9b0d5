// One edit while it is made: steps that follow each other, each on the text that the one before left. It ends
// as one list of splices, or as a refusal that says why.

import type { FlowDocument } from "./document";
import { apply, compose, type Splice, tidy } from "./splice";

export type Reason =
  /** the text is no YAML, or no map of keys */
  | "not-yaml"
  /** there is no such task, value or edge */
  | "unknown"
  /** a name that no task can have */
  | "name-invalid"
  /** another task there has the name */
  | "name-taken"
  /** an expression would read another task than before */
  | "name-hidden"
  /** an anchor or alias ties the place to another one */
  | "anchored"
  /** it stands in a form that cannot be edited by parts */
  | "unusual"
  /** the flow would not do the same any more, and cannot be made to */
  | "cannot-keep"
  /** tasks would wait for each other */
  | "cycle";

/** Why nothing was changed. */
export interface Refusal {
  readonly refused: Reason;
  readonly message: string;
  /** the places in the text that stand in the way */
  readonly at: readonly Span[];
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** A place that names a task in a way which an edit does not touch: a person should look at it. */
export interface Note extends Span {
  readonly kind: "code" | "expression" | "dropped-need";
  /** the task that it stands in, `null`: the flow itself */
  readonly task: readonly string[] | null;
  readonly name: string;
}

export interface Edit {
  readonly splices: readonly Splice[];
  /** the document after the edit */
  readonly document: FlowDocument;
  /** places in the new text */
  readonly notes: readonly Note[];
  /** names of the tasks that were added, or are called otherwise now */
  readonly tasks: readonly (readonly string[])[];
}

export type Outcome = Edit | Refusal;

export function isRefusal(outcome: Outcome): outcome is Refusal {
  return "refused" in outcome;
}

/** Thrown where an edit cannot go on; `attempt` makes the refusal of it. */
export class Refused extends Error {
  readonly reason: Reason;
  readonly at: readonly Span[];

  constructor(reason: Reason, message: string, at: readonly Span[] = []) {
    super(message);
    this.reason = reason;
    this.at = at;
  }
}

export class Draft {
  document: FlowDocument;
  private splices: readonly Splice[] = [];
  private notes: readonly Note[] = [];
  private named: readonly (readonly string[])[] = [];

  constructor(document: FlowDocument) {
    this.document = document;
  }

  /** Does the next step. */
  splice(splices: readonly Splice[]): void {
    const { document } = this;
    const step = tidy(document.text, splices);
    if (step.length === 0) return;
    const next = document.next(apply(document.text, step));
    if (next.failure) {
      throw new Refused("unusual", "what stands there is written in a form that cannot be changed by parts", [
        next.failure,
      ]);
    }
    if (document.anchors.areSound && !next.anchors.areSound) {
      throw new Refused("anchored", "an alias would be left without its anchor");
    }
    this.notes = this.notes.map((note) => ({ ...note, ...movedSpan(note, step) }));
    this.splices = this.splices.length === 0 ? step : compose(this.splices, step);
    this.document = next;
  }

  note(notes: readonly Note[]): void {
    this.notes = [...this.notes, ...notes];
  }

  name(...tasks: (readonly string[])[]): void {
    this.named = [...this.named, ...tasks];
  }

  finish(before: FlowDocument): Edit {
    const splices = tidy(before.text, this.splices);
    return { splices, document: this.document, notes: this.notes, tasks: this.named };
  }
}

/** Where a place is after the splices. */
function movedSpan(span: Span, splices: readonly Splice[]): Span {
  const moved = (at: number) => {
    let by = 0;
    for (const { from, to, insert } of splices) {
      if (to <= at) by += insert.length - (to - from);
      else if (from < at) return from + by;
    }
    return at + by;
  };
  return { from: moved(span.from), to: moved(span.to) };
}

/** Makes an edit of a document. A text that does not parse is never touched. */
export function attempt(document: FlowDocument, make: (draft: Draft) => void): Outcome {
  if (document.failure) {
    return {
      refused: "not-yaml",
      message: `the text is not YAML: ${document.failure.message}`,
      at: [document.failure],
    };
  }
  const draft = new Draft(document);
  try {
    make(draft);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { refused: error.reason, message: error.message, at: error.at };
  }
  return draft.finish(document);
}
