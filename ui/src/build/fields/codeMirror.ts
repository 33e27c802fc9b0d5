// Editors for code and expressions. They have no history of their own: undo is the flow's.

import {
  autocompletion,
  type CompletionContext,
  type CompletionResult,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from "@codemirror/autocomplete";
import { indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, indentOnInput, StreamLanguage } from "@codemirror/language";
import { EditorState, type Extension, Prec } from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  drawSelection,
  EditorView,
  highlightSpecialChars,
  keymap,
  lineNumbers,
  MatchDecorator,
  ViewPlugin,
  type ViewUpdate,
} from "@codemirror/view";
import { codeLook, editingKeys } from "../../parts/codeMirror";
import type { Builtin } from "./builtins";
import type { Completions } from "./completions";

export type Complete = (text: string, at: number) => Completions | null;

const fieldLook = EditorView.theme({
  "&": { height: "auto", maxHeight: "420px", backgroundColor: "transparent" },
  ".cm-scroller": { overflow: "auto" },
  ".cm-content": { padding: "5px 0", minHeight: "16px" },
  ".cm-gutters": { backgroundColor: "transparent" },
  ".cm-lineNumbers .cm-gutterElement": { minWidth: "28px", padding: "0 10px 0 4px" },
  ".cm-line": { padding: "0 8px 0 2px" },
  ".cm-placeholder": { color: "var(--text-3)" },
  ".cm-expression": {
    color: "var(--code-expr)",
    backgroundColor: "var(--code-expr-wash)",
    borderRadius: "2px",
  },
  ".cm-tooltip": { border: "0", background: "none" },
  ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": {
    backgroundColor: "var(--active)",
    color: "inherit",
  },
});

const lineLook = EditorView.theme({
  ".cm-content": { padding: "4px 0" },
  ".cm-line": { padding: "0 8px" },
});

const marks = new MatchDecorator({
  regexp: /\{\{(?:[^}]|\}(?!\}))*\}\}/g,
  decoration: Decoration.mark({ class: "cm-expression" }),
});

const expressions = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;
    constructor(view: EditorView) {
      this.decorations = marks.createDeco(view);
    }
    update(update: ViewUpdate): void {
      this.decorations = marks.updateDeco(update, this.decorations);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);

/** `atOnce`: Enter takes a completion however soon it comes, since it does nothing else there. */
function completing(complete: () => Complete, atOnce = false): Extension {
  const source = (context: CompletionContext): CompletionResult | null => {
    const found = complete()(context.state.doc.toString(), context.pos);
    // Without a letter there is nothing to narrow: the list comes behind a `.`, a quote or on request.
    if (!found) return null;
    const before = context.state.sliceDoc(found.from - 1, found.from);
    if (!context.explicit && found.from === context.pos && !/[."'{| ]/.test(before)) return null;
    return {
      from: found.from,
      options: found.options.map(({ label, sample, is, builtin }) => ({
        label,
        detail: sample,
        type: is,
        ...(builtin ? { info: () => explained(builtin) } : {}),
      })),
      validFor: /^[^"'.\s]*$/,
    };
  };
  return [
    autocompletion({
      override: [source],
      icons: false,
      maxRenderedOptions: 60,
      ...(atOnce ? { interactionDelay: 0 } : {}),
    }),
    Prec.high(keymap.of(completionKeymap)),
  ];
}

/** What a function is for, and an example of it. */
function explained({ help, example, gives }: Builtin): HTMLElement {
  const about = document.createElement("div");
  about.className = "about-builtin";
  const said = about.appendChild(document.createElement("p"));
  for (const [at, piece] of help.split("`").entries())
    if (at % 2 === 1) said.appendChild(document.createElement("code")).textContent = piece;
    else said.append(piece);
  const shown = about.appendChild(document.createElement("p"));
  shown.appendChild(document.createElement("code")).textContent = example;
  shown.append(" gives ");
  shown.appendChild(document.createElement("code")).textContent = gives;
  return about;
}

const shared: Extension = [
  highlightSpecialChars(),
  drawSelection(),
  EditorState.allowMultipleSelections.of(true),
  bracketMatching(),
  closeBrackets(),
  keymap.of(closeBracketsKeymap),
  // What comes first wins.
  fieldLook,
  codeLook,
];

/** A text of one line, or of few, with expressions in it. `lines`: whether Shift Enter begins another one. */
export function expressionEditor(complete: () => Complete, lines: boolean): Extension {
  return [
    lineLook,
    // Enter chooses a completion; otherwise it does nothing, so that no line break gets in by accident.
    keymap.of([
      { key: "Enter", run: () => true },
      ...(lines ? [] : [{ key: "Shift-Enter", run: () => true }]),
    ]),
    completing(complete, true),
    keymap.of(editingKeys),
    EditorView.lineWrapping,
    expressions,
    shared,
  ];
}

/** Lines of code; Tab indents, and Escape before it leaves the field. */
export function codeEditor(complete: () => Complete): Extension {
  return [
    completing(complete),
    keymap.of([...editingKeys, indentWithTab]),
    indentOnInput(),
    lineNumbers(),
    shared,
  ];
}

/** Any value, as YAML. `complete`: for the expressions in it; `null`: it takes none. */
export function valueEditor(complete: (() => Complete) | null): Extension {
  return [
    lineLook,
    complete ? [completing(complete), expressions] : [],
    keymap.of(editingKeys),
    EditorView.lineWrapping,
    yaml(),
    shared,
  ];
}

/** The language of a kind's code; each comes when it is first needed. Others are shown as plain text. */
export async function languageOf(name: string): Promise<Extension> {
  switch (name) {
    case "python":
      return (await import("@codemirror/lang-python")).python();
    case "sql":
      return (await import("@codemirror/lang-sql")).sql();
    case "shell":
      return StreamLanguage.define((await import("@codemirror/legacy-modes/mode/shell")).shell);
    default:
      return [];
  }
}
