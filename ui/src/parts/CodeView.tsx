// A flow's text, to read: with line numbers, the lines of what is selected, and the problems where they are.

import { RangeSetBuilder, StateEffect, StateField } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView } from "@codemirror/view";
import { useEffect, useRef } from "react";
import type { Diagnostic } from "../api/types";
import { readOnlyYaml } from "./codeMirror";

interface Marks {
  /** lines from 1, both included */
  chosen: { from: number; to: number } | null;
  problems: readonly Diagnostic[];
}

const setMarks = StateEffect.define<Marks>();

const marks = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(old, change) {
    for (const effect of change.effects)
      if (effect.is(setMarks)) {
        const { chosen, problems } = effect.value;
        const builder = new RangeSetBuilder<Decoration>();
        const wrong = new Map(problems.map((problem) => [problem.line, problem.message]));
        for (let line = 1; line <= change.state.doc.lines; line++) {
          const at = change.state.doc.line(line).from;
          const isChosen = chosen !== null && line >= chosen.from && line <= chosen.to;
          const message = wrong.get(line);
          if (!isChosen && message === undefined) continue;
          const className = `${isChosen ? "is-chosen" : ""} ${message === undefined ? "" : "has-problem"}`;
          builder.add(
            at,
            at,
            Decoration.line({
              class: className,
              attributes: message === undefined ? {} : { title: message },
            }),
          );
        }
        return builder.finish();
      }
    return old.map(change.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

interface Props extends Marks {
  text: string;
  label: string;
  /** called with the line that was pressed */
  onLine?: (line: number) => void;
}

export function CodeView({ text, label, chosen, problems, onLine }: Props) {
  const root = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const pressed = useRef(onLine);
  pressed.current = onLine;

  useEffect(() => {
    if (!root.current) return;
    const editor = new EditorView({
      parent: root.current,
      doc: text,
      extensions: [
        readOnlyYaml,
        marks,
        EditorView.contentAttributes.of({ "aria-label": label }),
        EditorView.domEventHandlers({
          click: (event, from) => {
            const at = from.posAtCoords({ x: event.clientX, y: event.clientY });
            if (at !== null) pressed.current?.(from.state.doc.lineAt(at).number);
          },
        }),
      ],
    });
    view.current = editor;
    return () => editor.destroy();
  }, [text, label]);

  useEffect(() => {
    const editor = view.current;
    // A new text is a new editor, which has no marks yet.
    if (!editor || editor.state.doc.toString() !== text) return;
    const effects: StateEffect<unknown>[] = [setMarks.of({ chosen, problems })];
    if (chosen && chosen.from <= editor.state.doc.lines)
      effects.push(
        EditorView.scrollIntoView(editor.state.doc.line(chosen.from).from, { y: "nearest", yMargin: 40 }),
      );
    editor.dispatch({ effects });
  }, [chosen, problems, text]);

  return <div className="code-view" ref={root} />;
}
