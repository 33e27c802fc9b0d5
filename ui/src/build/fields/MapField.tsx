// A map whose keys are the person's own: names beside values.

import { useId, useRef, useState } from "react";
import { isRefusal } from "../../edit/draft";
import { isJsonMap } from "../../edit/json";
import { setAt } from "../../edit/value";
import { Icon } from "../../parts/Icon";
import { useEditor } from "../context";
import type { FieldProps } from "./FieldView";
import { useFields } from "./fields";
import type { Field } from "./form";
import { Help } from "./Help";
import { Input } from "./Inputs";
import { briefHelp, Labelled, useHint } from "./Labelled";
import { focusIn } from "./ListField";
import { clearValue, renameKey, valueAt } from "./place";
import { readText, shownText } from "./text";
import { useField } from "./useField";

export function MapField({ path, field, item }: FieldProps & { item: Field }) {
  const editor = useEditor();
  const id = useId();
  const { document, frozen } = useFields();
  const value = valueAt(document, path);
  const names = value !== undefined && isJsonMap(value) ? Object.keys(value) : [];
  const [adding, setAdding] = useState(false);
  const hint = useHint(path, field);
  const rows = useRef<HTMLDivElement>(null);

  const rename = (from: string | null, to: string): string | null => {
    const outcome = editor.edit((draft) =>
      from === null ? setAt(draft, [...path, to], "") : renameKey(draft, path, from, to),
    );
    if (isRefusal(outcome)) return outcome.message;
    setAdding(false);
    if (from === null) queueMicrotask(() => focusValue(rows.current, to));
    return null;
  };
  return (
    <div className="field" data-field={field.name} role="group" aria-labelledby={id}>
      <div className="label">
        <span id={id}>{field.title}</span>
        {hint.note !== null && names.length === 0 && <span className="opt"> {hint.note}</span>}
        <Help brief={briefHelp(field.help)} whole={field.help} />
      </div>
      <div ref={rows}>
        {names.map((name) => (
          <div className="pair" key={name} data-key={name}>
            <KeyInput name={name} title={field.title} frozen={frozen} onName={(to) => rename(name, to)} />
            <PairValue path={[...path, name]} field={{ ...item, title: `${field.title} ${name}` }} />
            <button
              type="button"
              className="btn btn-icon btn-ghost btn-s"
              aria-label={`Remove ${name}`}
              disabled={frozen}
              onClick={() => editor.edit((draft) => clearValue(draft, [...path, name]))}
            >
              <Icon name="x" />
            </button>
          </div>
        ))}
        {adding && (
          <div className="pair">
            <KeyInput
              name=""
              title={field.title}
              frozen={frozen}
              onName={(to) => rename(null, to)}
              onLeave={() => setAdding(false)}
            />
          </div>
        )}
      </div>
      <button
        type="button"
        className="btn btn-ghost btn-s add"
        disabled={frozen}
        onClick={() => setAdding(true)}
      >
        <Icon name="plus" />
        Add {names.length === 0 && hint.text !== undefined && <span className="faint">{hint.text}</span>}
        <span className="sr">to {field.title.toLowerCase()}</span>
      </button>
    </div>
  );
}

function focusValue(rows: HTMLElement | null, name: string): void {
  const row = rows?.querySelector(`[data-key="${CSS.escape(name)}"] .pair-value`);
  if (row) focusIn(row);
}

function PairValue({ path, field }: FieldProps) {
  const { control } = field;
  const edited = useField(path, control, {
    // The key stays while its value is typed anew.
    read: (text) => (text.trim() === "" ? { value: text } : readText(control, text)),
    shown: (value) => (value === "" ? "" : shownText(control, value)),
  });
  return (
    <div className="pair-value">
      <Labelled field={field} edited={edited} note={null} bare>
        {(naming) => <Input control={control} naming={naming} edited={edited} hint={undefined} />}
      </Labelled>
    </div>
  );
}

/** A key, which is taken when the field is left or Enter is pressed. */
function KeyInput({
  name,
  title,
  frozen,
  onName,
  onLeave,
}: {
  name: string;
  title: string;
  frozen: boolean;
  /** why it cannot be called so */
  onName: (name: string) => string | null;
  onLeave?: () => void;
}) {
  const [text, setText] = useState(name);
  const [problem, setProblem] = useState<string | null>(null);
  const take = () => {
    const bare = text.trim();
    if (bare === "" || bare === name) {
      setText(name);
      onLeave?.();
    } else setProblem(onName(bare));
  };
  return (
    <div className={`pair-key ${problem === null ? "" : "field has-problem"}`}>
      <div className="input mono">
        <input
          type="text"
          aria-label={name === "" ? `New name in ${title.toLowerCase()}` : `Name of ${name}`}
          aria-invalid={problem !== null}
          title={problem ?? undefined}
          autoComplete="off"
          spellCheck={false}
          readOnly={frozen}
          // biome-ignore lint/a11y/noAutofocus: the row was added to be typed into.
          autoFocus={name === ""}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onBlur={take}
          onKeyDown={(event) => {
            if (event.key === "Enter") {
              // The value's field has the focus then, and is not to get the key.
              event.preventDefault();
              take();
            }
            if (event.key === "Escape") {
              setText(name);
              onLeave?.();
            }
          }}
        />
      </div>
    </div>
  );
}
