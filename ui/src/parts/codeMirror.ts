// How code looks and behaves everywhere: muted colours from the tokens, never a state's.

import { defaultKeymap } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { search, searchKeymap } from "@codemirror/search";
import { EditorState, type Extension } from "@codemirror/state";
import { EditorView, highlightSpecialChars, type KeyBinding, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const colours = HighlightStyle.define([
  {
    tag: [tags.propertyName, tags.definition(tags.propertyName)],
    color: "var(--code-key)",
    fontWeight: "500",
  },
  { tag: [tags.string, tags.content, tags.attributeValue], color: "var(--code-str)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--code-num)" },
  { tag: [tags.keyword, tags.typeName, tags.labelName], color: "var(--code-kw)" },
  { tag: tags.comment, color: "var(--code-comment)", fontStyle: "italic" },
]);

const look = EditorView.theme({
  "&": { height: "100%", fontSize: "var(--fs-12)", backgroundColor: "var(--surface)", color: "var(--text)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--font-mono)", lineHeight: "18px", fontVariantLigatures: "none" },
  ".cm-content": { padding: "6px 0", caretColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "var(--surface)", color: "var(--text-3)", border: "0" },
  ".cm-lineNumbers .cm-gutterElement": { minWidth: "40px", padding: "0 12px 0 4px" },
  ".cm-selectionBackground, &.cm-focused .cm-selectionBackground": {
    backgroundColor: "var(--accent-wash-2) !important",
  },
  ".cm-line.is-chosen": { backgroundColor: "var(--accent-wash)", boxShadow: "inset 2px 0 0 var(--accent)" },
  ".cm-line.has-problem": { textDecoration: "underline wavy var(--st-late) 1px", textUnderlineOffset: "3px" },
  ".cm-panels": { backgroundColor: "var(--chrome)", color: "var(--text)", borderColor: "var(--line)" },
  ".cm-panel.cm-search": { font: "var(--fs-12)/20px var(--font-ui)", padding: "4px 8px" },
  ".cm-textfield, .cm-button": {
    font: "inherit",
    height: "24px",
    backgroundImage: "none",
    backgroundColor: "var(--surface)",
    border: "1px solid var(--line-2)",
    borderRadius: "var(--r-2)",
  },
  ".cm-searchMatch": { backgroundColor: "var(--find)" },
  ".cm-searchMatch-selected": { backgroundColor: "var(--find-on)" },
  ".cm-mergeSpacer": { backgroundColor: "var(--sunken)" },
  ".cm-collapsedLines:before, .cm-collapsedLines:after": { content: '""' },
  ".cm-collapsedLines": {
    background: "var(--sunken)",
    color: "var(--text-2)",
    font: "var(--fs-11)/16px var(--font-ui)",
  },
});

/** How code looks, whatever its language and whether it can be typed into or not. */
export const codeLook: Extension = [syntaxHighlighting(colours), look];

/** What every view of a flow's text has that can only be read. */
export const readOnlyYaml: Extension = [
  EditorState.readOnly.of(true),
  EditorView.editable.of(false),
  EditorView.contentAttributes.of({ tabindex: "0", "aria-readonly": "true" }),
  lineNumbers(),
  highlightSpecialChars(),
  // Only the lines in sight are on the page, so the browser's own search would miss the others.
  search({ top: true }),
  keymap.of(searchKeymap),
  yaml(),
  codeLook,
];

/** The keys of writing, without the one that the whole page has for running. */
export const editingKeys: readonly KeyBinding[] = defaultKeymap.filter(({ key }) => key !== "Mod-Enter");
