// The flow's text, to be written: what is typed becomes splices of the document, and what is changed elsewhere
// comes in as splices. It keeps no history of its own.

import { indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { indentUnit } from "@codemirror/language";
import { search, searchKeymap } from "@codemirror/search";
import { Annotation, EditorState, type Extension, Transaction } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightSpecialChars,
  keymap,
  lineNumbers,
  type ViewUpdate,
} from "@codemirror/view";
import { useEffect, useImperativeHandle, useRef } from "react";
import { codeLook, editingKeys } from "../../parts/codeMirror";
import { type FlowEditor, useEditor } from "../context";
import { pathOf, pathText } from "../editor";
import { linesOfTask, taskAround } from "../extents";
import { literalTexts } from "./literals";
import { marks, placeOf, setChosen, setLiterals, setProblems } from "./marks";
import { inEditor, inFile, typedSplices } from "./offsets";

/** What comes from the document, and is not to be told to it again. */
const fromDocument = Annotation.define<boolean>();

/** What else may be asked of the text. */
export interface TextPlace {
  /** shows a place, counted as the engine does, and puts the caret there */
  show(line: number, column: number): void;
  focus(): void;
}

interface Props {
  label: string;
  place: React.RefObject<TextPlace | null>;
  onSave: () => void;
}

export function TextEditor({ label, place, onSave }: Props) {
  const root = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const save = useRef(onSave);
  save.current = onSave;
  const editor = useEditor();

  useEffect(() => {
    if (!root.current) return;
    const made = new EditorView({
      parent: root.current,
      state: stateOf(editor, label, () => save.current()),
    });
    view.current = made;
    const leave = connect(editor, made);
    return () => {
      leave();
      made.destroy();
      view.current = null;
    };
  }, [editor, label]);

  useImperativeHandle(place, () => ({
    show(line, column) {
      const made = view.current;
      if (!made) return;
      const { from } = placeOf(made.state, { line, column });
      made.dispatch({
        selection: { anchor: from },
        effects: EditorView.scrollIntoView(from, { y: "center" }),
      });
      made.focus();
    },
    focus: () => view.current?.focus(),
  }));

  return <div className="text-editor" ref={root} />;
}

function stateOf(editor: FlowEditor, label: string, save: () => void): EditorState {
  const { document } = editor.snapshot();
  const keys: Extension = keymap.of([
    { key: "Mod-z", run: done(() => editor.undo()) },
    { key: "Mod-y", mac: "Mod-Shift-z", run: done(() => editor.redo()) },
    { key: "Mod-Shift-z", run: done(() => editor.redo()) },
    { key: "Mod-s", run: done(save) },
    ...searchKeymap,
    // Escape, then Tab, leaves the text.
    ...editingKeys,
    indentWithTab,
  ]);
  return EditorState.create({
    doc: document.text,
    extensions: [
      keys,
      lineNumbers(),
      highlightSpecialChars(),
      drawSelection(),
      EditorState.allowMultipleSelections.of(true),
      indentUnit.of(" ".repeat(document.style.indent)),
      search({ top: true }),
      yaml(),
      codeLook,
      marks,
      EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", tabindex: "0" }),
      EditorView.updateListener.of((update) => tell(editor, update)),
    ],
  });
}

/** The key has been dealt with, whatever came of it. */
function done(act: () => void): () => boolean {
  return () => {
    act();
    return true;
  };
}

/** Tells the document what was typed, and which task the caret is in. */
function tell(editor: FlowEditor, update: ViewUpdate): void {
  for (const transaction of update.transactions) {
    if (!transaction.docChanged || transaction.annotation(fromDocument)) continue;
    const changes: Parameters<typeof typedSplices>[2][number][] = [];
    transaction.changes.iterChanges((from, to, _from, _to, insert) => changes.push({ from, to, insert }));
    const { document } = editor.snapshot();
    editor.typed(typedSplices(document.text, document.style.lineBreak, changes));
  }
  const byPerson = update.transactions.some(
    (one) => one.isUserEvent("select") || one.isUserEvent("input") || one.isUserEvent("delete"),
  );
  if (byPerson && update.selectionSet) selectAround(editor, update.state);
}

function selectAround(editor: FlowEditor, state: EditorState): void {
  const { document, selection } = editor.snapshot();
  if (document.failure) return;
  const around = taskAround(document, inFile(document.text)(state.selection.main.head));
  const path = around === null ? null : pathText(around);
  if (path === null || selection.at(-1) === path) return;
  editor.select([path]);
}

/** Follows the document: its text, what is selected of it and what the engine says of it. */
function connect(editor: FlowEditor, view: EditorView): () => void {
  let shown: { selection: readonly string[]; document: object } | null = null;
  let problems: unknown = null;
  let before = editor.snapshot().document.text;
  const showSelection = () => {
    const { selection, document } = editor.snapshot();
    if (document.failure || (shown?.selection === selection && shown.document === document)) return;
    const isOther = shown?.selection !== selection;
    shown = { selection, document };
    const at = inEditor(document.text);
    const ranges = selection.flatMap((path) => {
      const range = linesOfTask(document, pathOf(path));
      return range ? [{ from: at(range.from), to: at(range.to) }] : [];
    });
    const last = ranges.at(-1);
    const effects = [setChosen.of(ranges)];
    view.dispatch({ effects });
    // Who types or reads here is not moved.
    if (last && isOther && !view.hasFocus)
      view.dispatch({ effects: EditorView.scrollIntoView(last.from, { y: "nearest", yMargin: 40 }) });
  };
  const showProblems = () => {
    const { report, reported, document } = editor.snapshot();
    if (report === problems || reported !== document.text) return;
    problems = report;
    view.dispatch({ effects: setProblems.of(report?.problems ?? []) });
  };
  let read: object | null = null;
  let literal = false;
  const showLiterals = () => {
    const { document } = editor.snapshot();
    if (document.failure || read === document) return;
    read = document;
    const at = inEditor(document.text);
    const found = literalTexts(document).map(({ from, to }) => ({ from: at(from), to: at(to) }));
    // Most files have none, and what is typed in them moves none.
    if (found.length > 0 || literal) view.dispatch({ effects: setLiterals.of(found) });
    literal = found.length > 0;
  };
  const leaveText = editor.hear((splices, origin) => {
    const old = before;
    before = editor.snapshot().document.text;
    if (origin === "text") return;
    const at = inEditor(old);
    view.dispatch({
      changes: splices.map(({ from, to, insert }) => ({ from: at(from), to: at(to), insert })),
      annotations: [fromDocument.of(true), Transaction.addToHistory.of(false)],
    });
  });
  const leave = editor.subscribe(() => {
    // The text editor has the new text only after it has heard of it.
    queueMicrotask(() => {
      if (!view.dom.isConnected) return;
      showSelection();
      showProblems();
      showLiterals();
    });
  });
  showSelection();
  showProblems();
  showLiterals();
  return () => {
    leaveText();
    leave();
  };
}
