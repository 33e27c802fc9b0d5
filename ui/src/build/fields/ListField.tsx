// A list: a row for each item, and one more for the next.

import { useEffect, useId, useRef, useState } from "react";
import { isJsonList } from "../../edit/json";
import { removeAt, setAt } from "../../edit/value";
import { Icon } from "../../parts/Icon";
import { useEditor } from "../context";
import type { FieldProps } from "./FieldView";
import { useFields } from "./fields";
import type { Field } from "./form";
import { Help } from "./Help";
import { Input } from "./Inputs";
import { briefHelp, Labelled, useHint } from "./Labelled";
import { clearValue, valueAt } from "./place";
import { RecordFields } from "./RecordField";
import { readText, shownText } from "./text";
import { useField } from "./useField";

export function ListField({ path, field, item }: FieldProps & { item: Field }) {
  const editor = useEditor();
  const id = useId();
  const { document, frozen } = useFields();
  const value = valueAt(document, path);
  const items = value !== undefined && isJsonList(value) ? value : [];
  /** where a row was asked for that is no item yet */
  const [adding, setAdding] = useState<number | null>(null);
  const hint = useHint(path, field);
  const isRecord = item.control.is === "record";
  const add = () => {
    if (isRecord) editor.edit((draft) => setAt(draft, [...path, items.length], {}));
    else setAdding(items.length);
  };
  const remove = (index: number) => {
    setAdding(null);
    editor.edit((draft) => (items.length <= 1 ? clearValue(draft, path) : removeAt(draft, path, [index])));
  };
  const rows = adding === items.length ? items.length + 1 : items.length;
  return (
    <div className="field" data-field={field.name} role="group" aria-labelledby={id}>
      <div className="label">
        <span id={id}>{field.title}</span>
        {hint.note !== null && items.length === 0 && <span className="opt"> {hint.note}</span>}
        <Help brief={briefHelp(field.help)} whole={field.help} />
      </div>
      {Array.from({ length: rows }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: an item is known by its place; a row stays when it becomes one.
        <div className={isRecord ? "item-record" : "item"} key={index}>
          {item.control.is === "record" ? (
            <fieldset className="record-b">
              <legend>{`${field.title} ${index + 1}`}</legend>
              <RecordFields path={[...path, index]} form={item.control.record()} />
            </fieldset>
          ) : (
            <ItemRow
              path={[...path, index]}
              field={{ ...item, title: `${field.title} ${index + 1}` }}
              isNew={index === adding}
            />
          )}
          <button
            type="button"
            className="btn btn-icon btn-ghost btn-s"
            aria-label={`Remove ${field.title.toLowerCase()} ${index + 1}`}
            disabled={frozen}
            onClick={() => remove(index)}
          >
            <Icon name="x" />
          </button>
        </div>
      ))}
      <button type="button" className="btn btn-ghost btn-s add" disabled={frozen} onClick={add}>
        <Icon name="plus" />
        Add {items.length === 0 && hint.text !== undefined && <span className="faint">{hint.text}</span>}
        <span className="sr">to {field.title.toLowerCase()}</span>
      </button>
    </div>
  );
}

function ItemRow({ path, field, isNew }: FieldProps & { isNew: boolean }) {
  const { control } = field;
  const row = useRef<HTMLDivElement>(null);
  const wasNew = useRef(isNew);
  useEffect(() => {
    if (wasNew.current && row.current) focusIn(row.current);
  }, []);
  const edited = useField(path, control, {
    // An item that is empty for a moment while it is typed anew stays.
    read: (text) => (text.trim() === "" ? { value: text } : readText(control, text)),
    shown: (value) => (value === "" ? "" : shownText(control, value)),
  });
  return (
    <div className="grow" ref={row}>
      <Labelled field={field} edited={edited} note={null} bare>
        {(naming) => <Input control={control} naming={naming} edited={edited} hint={undefined} />}
      </Labelled>
    </div>
  );
}

/** Puts the cursor into the first field in there. */
export function focusIn(element: Element): void {
  // An editor's own field comes a moment later than what is around it.
  queueMicrotask(() => element.querySelector<HTMLElement>("input, textarea, [contenteditable]")?.focus());
}
