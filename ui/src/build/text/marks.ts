// What stands in the text beside the text: the lines of what is selected, the problems where they are, and the
// expressions.

import { type EditorState, type Extension, RangeSet, StateEffect, StateField } from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  EditorView,
  GutterMarker,
  gutter,
  hoverTooltip,
  MatchDecorator,
  ViewPlugin,
  type ViewUpdate,
} from "@codemirror/view";
import type { Diagnostic } from "../../api/types";
import { type Severity, worstOf } from "../../parts/severity";

/** Places in the editor's text, from the begin of a line to the end of one. */
interface Lines {
  readonly from: number;
  readonly to: number;
}

export const setChosen = StateEffect.define<readonly Lines[]>();
export const setProblems = StateEffect.define<readonly Diagnostic[]>();
export const setLiterals = StateEffect.define<readonly Lines[]>();

const chosenLine = Decoration.line({ class: "is-chosen" });

const chosen = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(old, change) {
    for (const effect of change.effects) {
      if (effect.is(setChosen)) return chosenLines(change.state, effect.value);
    }
    return old.map(change.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

function chosenLines(state: EditorState, ranges: readonly Lines[]): DecorationSet {
  const starts = new Set<number>();
  for (const { from, to } of ranges) {
    const last = state.doc.lineAt(Math.min(to, state.doc.length)).number;
    const first = state.doc.lineAt(Math.min(from, state.doc.length)).number;
    for (let line = first; line <= last; line += 1) starts.add(state.doc.line(line).from);
  }
  return Decoration.set([...starts].sort((left, right) => left - right).map((at) => chosenLine.range(at)));
}

/** A problem in the editor's text; it moves with the text until the engine has looked again. */
interface Marked {
  readonly from: number;
  readonly to: number;
  readonly problem: Diagnostic;
}

class ProblemMarker extends GutterMarker {
  readonly said: string;
  readonly worst: Severity;

  constructor(problems: readonly Diagnostic[]) {
    super();
    this.said = problems.map(({ message }) => message).join("\n");
    this.worst = worstOf(problems) ?? "warning";
  }

  override eq(other: ProblemMarker): boolean {
    return other.said === this.said && other.worst === this.worst;
  }

  override toDOM(): HTMLElement {
    const mark = document.createElement("span");
    mark.className = `text-warn is-${this.worst}`;
    mark.title = this.said;
    mark.textContent = this.worst === "error" ? "!" : "⚠";
    return mark;
  }
}

interface Problems {
  readonly marked: readonly Marked[];
  readonly lines: RangeSet<GutterMarker>;
  readonly underlines: DecorationSet;
}

const NO_PROBLEMS: Problems = { marked: [], lines: RangeSet.empty, underlines: Decoration.none };

const problems = StateField.define<Problems>({
  create: () => NO_PROBLEMS,
  update(old, change) {
    for (const effect of change.effects) {
      if (effect.is(setProblems)) return markedProblems(change.state, effect.value);
    }
    if (!change.docChanged) return old;
    return {
      marked: old.marked.map((one) => ({
        ...one,
        from: change.changes.mapPos(one.from),
        to: change.changes.mapPos(one.to),
      })),
      lines: old.lines.map(change.changes),
      underlines: old.underlines.map(change.changes),
    };
  },
  provide: (field) => [
    EditorView.decorations.from(field, ({ underlines }) => underlines),
    gutter({ class: "text-warns", markers: (view) => view.state.field(field).lines }),
  ],
});

function markedProblems(state: EditorState, found: readonly Diagnostic[]): Problems {
  const marked = found
    .map((problem) => ({ ...placeOf(state, problem), problem }))
    .sort((left, right) => left.from - right.from);
  const byLine = new Map<number, Diagnostic[]>();
  for (const { from, problem } of marked) {
    const line = state.doc.lineAt(from).from;
    byLine.set(line, [...(byLine.get(line) ?? []), problem]);
  }
  return {
    marked,
    lines: RangeSet.of([...byLine].map(([at, here]) => new ProblemMarker(here).range(at))),
    underlines: Decoration.set(
      marked
        .filter(({ from, to }) => from < to)
        .map(({ from, to, problem }) =>
          Decoration.mark({ class: `text-problem is-${problem.severity}` }).range(from, to),
        ),
    ),
  };
}

/** The engine names where a problem begins: it is said of the word there, else of the rest of the line. */
export function placeOf(
  state: EditorState,
  { line, column }: Pick<Diagnostic, "line" | "column">,
): { from: number; to: number } {
  const whole = state.doc.line(Math.max(1, Math.min(line, state.doc.lines)));
  const start = Math.min(whole.from + Math.max(0, column - 1), whole.to);
  const rest = whole.text.slice(start - whole.from);
  const word = /^[\w.-]+/.exec(rest)?.[0] ?? rest.trimEnd();
  if (word !== "") return { from: start, to: start + word.length };
  const indent = whole.text.search(/\S/);
  return { from: indent < 0 ? whole.from : whole.from + indent, to: whole.to };
}

const problemTooltip = hoverTooltip((view, at) => {
  const here = view.state.field(problems).marked.filter(({ from, to }) => from <= at && at <= to);
  const first = here[0];
  if (!first) return null;
  return {
    pos: first.from,
    end: first.to,
    above: true,
    create: () => {
      const dom = document.createElement("div");
      dom.className = "text-said";
      for (const { problem } of here) {
        const line = document.createElement("p");
        line.textContent = problem.hint ? `${problem.message} — ${problem.hint}` : problem.message;
        dom.append(line);
      }
      return { dom };
    },
  };
});

/** Texts in which braces are none of an expression; they move with the text. */
const literals = StateField.define<readonly Lines[]>({
  create: () => [],
  update(old, change) {
    for (const effect of change.effects) if (effect.is(setLiterals)) return effect.value;
    if (!change.docChanged || old.length === 0) return old;
    return old.map(({ from, to }) => ({
      from: change.changes.mapPos(from),
      to: change.changes.mapPos(to),
    }));
  },
});

const expressionMark = Decoration.mark({ class: "text-expression" });

const expressionMarks = new MatchDecorator({
  regexp: /\{\{[^\n]*?\}\}/g,
  decoration: (_, view, at) =>
    view.state.field(literals).some(({ from, to }) => from <= at && at < to) ? null : expressionMark,
});

const expressions = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;

    constructor(view: EditorView) {
      this.decorations = expressionMarks.createDeco(view);
    }

    update(change: ViewUpdate): void {
      const isOther = change.transactions.some((one) => one.effects.some((effect) => effect.is(setLiterals)));
      this.decorations = isOther
        ? expressionMarks.createDeco(change.view)
        : expressionMarks.updateDeco(change, this.decorations);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);

export const marks: Extension = [chosen, problems, problemTooltip, literals, expressions];
