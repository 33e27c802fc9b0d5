// A CodeMirror editor as a field: it shows a text, and tells what is typed.

import { Annotation, Compartment, type Extension } from "@codemirror/state";
import { EditorView, placeholder } from "@codemirror/view";
import { type RefObject, useEffect, useRef } from "react";

export interface CodeMirrorField {
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly onBlur?: (() => void) | undefined;
  /** whether two texts are the same to the field, so that what is typed is not written over */
  readonly same?: (left: string, right: string) => boolean;
  /** what does not change while the field is shown */
  readonly extensions: () => Extension;
  readonly language?: () => Promise<Extension>;
  readonly attributes: Readonly<Record<string, string>>;
  readonly hint?: string | undefined;
  readonly readOnly: boolean;
}

const fromOutside = Annotation.define<boolean>();

/** Puts the editor into the element that the reference is given to. */
export function useCodeMirror(field: CodeMirrorField): {
  root: RefObject<HTMLDivElement | null>;
  focus: () => void;
} {
  const root = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef(field);
  latest.current = field;
  const changing = useRef(new Compartment());

  useEffect(() => {
    if (!root.current) return;
    const { text, extensions, language } = latest.current;
    const spoken = new Compartment();
    const editor = new EditorView({
      parent: root.current,
      doc: text,
      extensions: [
        extensions(),
        spoken.of([]),
        changing.current.of(changeable(latest.current)),
        EditorView.updateListener.of((update) => {
          const own = update.transactions.some((one) => one.docChanged && !one.annotation(fromOutside));
          if (own) latest.current.onText(update.state.doc.toString());
          if (update.focusChanged && !update.view.hasFocus) latest.current.onBlur?.();
        }),
      ],
    });
    view.current = editor;
    let gone = false;
    void language?.().then((found) => {
      if (!gone) editor.dispatch({ effects: spoken.reconfigure(found) });
    });
    return () => {
      gone = true;
      view.current = null;
      editor.destroy();
    };
  }, []);

  const { text, same = equal, readOnly, hint } = field;
  useEffect(() => {
    const editor = view.current;
    if (!editor) return;
    const old = editor.state.doc.toString();
    if (same(old, text)) return;
    editor.dispatch({ changes: difference(old, text), annotations: fromOutside.of(true) });
  }, [text, same]);

  const attributes = JSON.stringify(field.attributes);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the three stand for what the editor is given.
  useEffect(() => {
    view.current?.dispatch({ effects: changing.current.reconfigure(changeable(latest.current)) });
  }, [attributes, readOnly, hint]);

  return { root, focus: () => view.current?.focus() };
}

function changeable({ attributes, readOnly, hint }: CodeMirrorField): Extension {
  return [
    EditorView.contentAttributes.of({ ...attributes, spellcheck: "false", tabindex: "0" }),
    EditorView.editable.of(!readOnly),
    readOnly ? EditorView.contentAttributes.of({ tabindex: "0", "aria-readonly": "true" }) : [],
    hint === undefined ? [] : placeholder(hint),
  ];
}

function equal(left: string, right: string): boolean {
  return left === right;
}

/** The one piece in which two texts differ, so that the cursor stays where it is. */
function difference(old: string, text: string) {
  const shorter = Math.min(old.length, text.length);
  let head = 0;
  while (head < shorter && old[head] === text[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && old.at(-1 - tail) === text.at(-1 - tail)) tail += 1;
  return { from: head, to: old.length - tail, insert: text.slice(head, text.length - tail) };
}
