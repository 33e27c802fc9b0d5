// A value of the file as one field edits it. What is typed goes into the text at once, as far as it is a value;
// what is typed within a moment is one step of the history.

import { useState } from "react";
import type { FlowDocument } from "../../edit/document";
import { type Draft, isRefusal } from "../../edit/draft";
import { type Json, sameJson } from "../../edit/json";
import type { ValuePath } from "../../edit/value";
import type { Severity } from "../../parts/severity";
import { useEditor } from "../context";
import { useFields } from "./fields";
import type { Control } from "./form";
import { clearValue, isUnstyled, setValue, valueAt } from "./place";
import { problemsIn } from "./problems";
import { type Read, readText, shownText } from "./text";

export interface EditedField {
  readonly value: Json | undefined;
  readonly text: string;
  /** what is wrong with what was typed, or with what stands there */
  readonly problem: string | null;
  readonly severity: Severity;
  readonly frozen: boolean;
  readonly onText: (text: string) => void;
  readonly onValue: (value: Json) => void;
  readonly onClear: () => void;
}

interface Typed {
  readonly text: string;
  /** what stood in the file right after */
  readonly value: Json | undefined;
  readonly problem: string | null;
  /** nobody but this field chose how the text is written */
  readonly restyled: boolean;
}

/** How a field writes its value where that is not just set. */
export interface Writing {
  /** keys beside it that it excludes */
  readonly excluded?: readonly string[] | undefined;
  readonly read?: ((text: string) => Read) | undefined;
  readonly shown?: ((value: Json | undefined) => string) | undefined;
}

export function useField(path: ValuePath, control: Control, writing: Writing = {}): EditedField {
  const editor = useEditor();
  const { document, frozen, problems } = useFields();
  const [typed, setTyped] = useState<Typed | null>(null);
  const value = valueAt(document, path);
  const isOwn = typed !== null && same(typed.value, value);
  const read = writing.read ?? ((text: string) => readText(control, text));

  const edit = (make: (draft: Draft) => void): { document: FlowDocument; problem: string | null } => {
    const outcome = editor.edit(make, undefined, path.join("/"));
    return isRefusal(outcome)
      ? { document: editor.snapshot().document, problem: outcome.message }
      : { document: outcome.document, problem: null };
  };
  const restyled = isOwn ? typed.restyled : isUnstyled(document, path);
  const keep = (text: string, made: ReturnType<typeof edit>) =>
    setTyped({ text, value: valueAt(made.document, path), problem: made.problem, restyled });
  const set = (next: Json) =>
    edit((draft) => setValue(draft, path, next, { excluded: writing.excluded ?? [], restyled }));
  const clear = () => edit((draft) => clearValue(draft, path));

  const onText = (text: string) => {
    const found = read(text);
    if ("problem" in found) setTyped({ text, value, problem: found.problem, restyled });
    else if ("value" in found) keep(text, same(value, found.value) ? unchanged(document) : set(found.value));
    else keep(text, value === undefined ? unchanged(document) : clear());
  };
  /** A choice that was refused is shown with why; one that was made shows itself. */
  const refused = (problem: string | null) =>
    setTyped(problem === null ? null : { text: shownText(control, value), value, problem, restyled });
  const said = problemsIn(problems, path)[0];
  return {
    value,
    text: isOwn ? typed.text : (writing.shown ?? ((one) => shownText(control, one)))(value),
    problem: (isOwn ? typed.problem : null) ?? (said ? withHint(said.message, said.hint) : null),
    severity: !(isOwn && typed.problem !== null) && said?.severity === "warning" ? "warning" : "error",
    frozen,
    onText,
    onValue: (next) => {
      const made = set(next);
      refused(made.problem);
    },
    onClear: () => {
      const made = clear();
      refused(made.problem);
    },
  };
}

function unchanged(document: FlowDocument) {
  return { document, problem: null };
}

function withHint(message: string, hint: string | null | undefined): string {
  return hint ? `${message} — ${hint}` : message;
}

function same(left: Json | undefined, right: Json | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  return sameJson(left, right);
}
