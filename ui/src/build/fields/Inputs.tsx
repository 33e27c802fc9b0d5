// The editors of single values.

import { useCallback } from "react";
import { Icon } from "../../parts/Icon";
import { codeEditor, expressionEditor, languageOf, valueEditor } from "./codeMirror";
import { completeKeys, completeText } from "./completions";
import { useFields } from "./fields";
import type { Control } from "./form";
import { shownCode } from "./text";
import { useCodeMirror } from "./useCodeMirror";
import type { EditedField } from "./useField";
import { useLatest } from "./useLatest";

/** How an editor is named and described for who cannot see it. */
export interface Naming {
  readonly id: string;
  readonly labelled: string;
  readonly described: string;
}

interface InputProps {
  readonly naming: Naming;
  readonly edited: EditedField;
  readonly hint: string | undefined;
}

/** The editor of a value that is one text to type, or one choice. */
export function Input({ control, ...props }: InputProps & { control: Control }) {
  switch (control.is) {
    case "choice":
      return <Choice {...props} choices={control.choices} />;
    case "several":
      return <Several {...props} choices={control.choices} />;
    case "code":
      return <Code {...props} language={control.language} />;
    case "any":
      return <AnyValue {...props} expressions={control.expressions} />;
    case "condition":
      return <Expression {...props} lines={false} />;
    case "text":
      if (control.expressions) return <Expression {...props} lines />;
      return control.lines ? <Lines {...props} /> : <Line {...props} />;
    case "duration":
    case "scalar":
      return control.expressions ? <Expression {...props} lines={false} /> : <Line {...props} mono />;
    default:
      return <Line {...props} mono={control.is === "number"} />;
  }
}

function Line({ naming, edited, hint, mono = false }: InputProps & { mono?: boolean }) {
  return (
    <div className={`input ${mono ? "mono" : ""}`}>
      <input
        id={naming.id}
        type="text"
        aria-labelledby={naming.labelled}
        aria-describedby={naming.described}
        aria-invalid={edited.problem !== null}
        autoComplete="off"
        spellCheck={false}
        readOnly={edited.frozen}
        placeholder={hint}
        value={edited.text}
        onChange={(event) => edited.onText(event.target.value)}
      />
    </div>
  );
}

function Lines({ naming, edited, hint }: InputProps) {
  return (
    <div className="input input-lines">
      <textarea
        id={naming.id}
        aria-labelledby={naming.labelled}
        aria-describedby={naming.described}
        aria-invalid={edited.problem !== null}
        readOnly={edited.frozen}
        placeholder={hint}
        rows={Math.min(12, Math.max(2, edited.text.split("\n").length))}
        value={edited.text}
        onChange={(event) => edited.onText(event.target.value)}
      />
    </div>
  );
}

const NONE = "";

function Choice({ naming, edited, hint, choices }: InputProps & { choices: readonly string[] }) {
  return (
    <div className="input">
      <select
        id={naming.id}
        aria-labelledby={naming.labelled}
        aria-describedby={naming.described}
        disabled={edited.frozen}
        className={edited.value === undefined ? "faint" : ""}
        value={edited.text}
        onChange={(event) =>
          event.target.value === NONE ? edited.onClear() : edited.onValue(event.target.value)
        }
      >
        <option value={NONE}>{hint ?? "–"}</option>
        {choices.map((choice) => (
          <option key={choice} value={choice}>
            {choice}
          </option>
        ))}
        {edited.text !== NONE && !choices.includes(edited.text) && <option>{edited.text}</option>}
      </select>
      <Icon name="down" />
    </div>
  );
}

function Several({ naming, edited, choices }: InputProps & { choices: readonly string[] }) {
  const chosen = Array.isArray(edited.value) ? edited.value : [];
  const toggle = (choice: string) => {
    const next = choices.filter((one) => (one === choice ? !chosen.includes(one) : chosen.includes(one)));
    if (next.length === 0) edited.onClear();
    else edited.onValue(next);
  };
  return (
    <div
      className="choices"
      role="group"
      id={naming.id}
      aria-labelledby={naming.labelled}
      aria-describedby={naming.described}
    >
      {choices.map((choice) => (
        <button
          key={choice}
          type="button"
          className="btn btn-s"
          aria-pressed={chosen.includes(choice)}
          disabled={edited.frozen}
          onClick={() => toggle(choice)}
        >
          {choice}
        </button>
      ))}
    </div>
  );
}

function attributesOf({ id, labelled, described }: Naming, invalid: boolean): Record<string, string> {
  return {
    id,
    "aria-labelledby": labelled,
    "aria-describedby": described,
    "aria-invalid": String(invalid),
  };
}

function Expression({ naming, edited, hint, lines }: InputProps & { lines: boolean }) {
  const latest = useLatest(useFields());
  const { root } = useCodeMirror({
    text: edited.text,
    onText: edited.onText,
    extensions: () => expressionEditor(() => (text, at) => completeText(latest.current, text, at), lines),
    attributes: attributesOf(naming, edited.problem !== null),
    hint,
    readOnly: edited.frozen,
  });
  return <div className="input input-cm" ref={root} />;
}

function AnyValue({ naming, edited, hint, expressions }: InputProps & { expressions: boolean }) {
  const latest = useLatest(useFields());
  const { root } = useCodeMirror({
    text: edited.text,
    onText: edited.onText,
    extensions: () =>
      valueEditor(expressions ? () => (text, at) => completeText(latest.current, text, at) : null),
    attributes: attributesOf(naming, edited.problem !== null),
    hint: hint ?? "YAML or JSON",
    readOnly: edited.frozen,
  });
  return <div className="input input-cm" ref={root} />;
}

function Code({ naming, edited, hint, language }: InputProps & { language: string }) {
  const { names } = useFields();
  const latest = useLatest(names);
  const same = useCallback((left: string, right: string) => shownCode(left) === shownCode(right), []);
  const { root } = useCodeMirror({
    text: edited.text,
    onText: edited.onText,
    same,
    extensions: () => codeEditor(() => (text, at) => completeKeys(latest.current, text, at)),
    language: () => languageOf(language),
    attributes: attributesOf(naming, edited.problem !== null),
    hint,
    readOnly: edited.frozen,
  });
  return <div className="editor" ref={root} />;
}
