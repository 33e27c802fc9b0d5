// A value with keys of its own: its short form in one line, the rest below it once it is asked for.

import { useId, useState } from "react";
import { isJsonMap } from "../../edit/json";
import type { ValuePath } from "../../edit/value";
import { Icon } from "../../parts/Icon";
import { useEditor } from "../context";
import { type FieldProps, FieldView, SwitchField, ValueField } from "./FieldView";
import { useFields } from "./fields";
import { type Field, type Form, isNarrow, type Nested, shownFields } from "./form";
import { clearValue, valueAt } from "./place";

export function RecordField({ path, field, control, excluded }: FieldProps & { control: Nested }) {
  const { document } = useFields();
  const value = valueAt(document, path);
  const isLong = value !== undefined && isJsonMap(value);
  const [asked, setAsked] = useState(false);
  const id = useId();
  const form = control.record();
  const { short } = control;
  const open = asked || isLong;
  const more = (
    <button
      type="button"
      className="fold more-keys"
      aria-expanded={open}
      aria-controls={id}
      disabled={isLong}
      onClick={() => setAsked(!asked)}
    >
      <Icon name={open ? "down" : "right"} className="i-12" />
      {short === null ? (
        field.title
      ) : (
        <>
          More <span className="sr">of {field.title.toLowerCase()}</span>
        </>
      )}
    </button>
  );
  const main = short === null ? null : mainField(field, form, short.key, short.control);
  return (
    <div className={`record ${!open && isNarrow(control) ? "is-narrow" : ""}`} data-field={field.name}>
      {main &&
        short &&
        (short.key === null ? (
          <SwitchField path={path} field={main} off={false} {...(excluded ? { excluded } : {})} />
        ) : (
          <ValueField
            path={isLong ? [...path, short.key] : path}
            field={main}
            {...(excluded ? { excluded } : {})}
          />
        ))}
      {(short?.key !== null || value !== undefined) && (
        <div className="record-h">
          {more}
          {short === null && <RecordNote field={field} path={path} isSet={isLong} />}
        </div>
      )}
      {open && (
        <fieldset className="record-b" id={id}>
          <legend className="sr">{field.title}</legend>
          <RecordFields path={path} form={form} without={short?.key ?? null} />
        </fieldset>
      )}
    </div>
  );
}

/** The one key that the short form stands for, called as the whole. */
function mainField(field: Field, form: Form, key: string | null, control: Field["control"]): Field {
  const inner = form.fields.find((one) => one.name === key);
  return { ...field, control, fallback: inner?.fallback ?? field.fallback };
}

function RecordNote({ field, path, isSet }: { field: Field; path: ValuePath; isSet: boolean }) {
  const editor = useEditor();
  return (
    <>
      <span className="opt small faint cut" title={field.help}>
        {field.help.replace(/\.$/, "")}
      </span>
      {isSet && (
        <button
          type="button"
          className="clear"
          aria-label={`Clear ${field.title}`}
          onClick={() => editor.edit((draft) => clearValue(draft, path))}
        >
          <Icon name="x" className="i-12" />
        </button>
      )}
    </>
  );
}

/** The fields of a map's keys. Of keys that exclude each other one is shown, and the choice between them. */
export function RecordFields({
  path,
  form,
  without = null,
}: {
  path: ValuePath;
  form: Form;
  without?: string | null;
}) {
  const { document } = useFields();
  const isSet = (name: string) => valueAt(document, [...path, name]) !== undefined;
  const fields = shownFields(form, isSet).filter(({ name }) => name !== without);
  const byName = new Map(fields.map((field) => [field.name, field]));
  return fields.map((field) => {
    const group = form.oneOf.find(({ names }) => names.includes(field.name));
    if (!group || (without !== null && group.names.includes(without)))
      return <FieldView key={field.name} path={[...path, field.name]} field={field} />;
    if (group.names[0] !== field.name) return null;
    const members = group.names.flatMap((name) => byName.get(name) ?? []);
    return <OneOfFields key={field.name} path={path} members={members} required={group.required} />;
  });
}

function OneOfFields({
  path,
  members,
  required,
}: {
  path: ValuePath;
  members: readonly Field[];
  required: boolean;
}) {
  const { document } = useFields();
  const set = members.filter(({ name }) => valueAt(document, [...path, name]) !== undefined);
  const [picked, setPicked] = useState<string | null>(null);
  const first = set[0]?.name ?? (required ? (members[0]?.name ?? null) : null);
  const chosen = picked ?? first;
  return (
    <>
      <div
        className="joined seg one-of"
        role="radiogroup"
        aria-label={members.map(({ title }) => title).join(" or ")}
      >
        {members.map(({ name, title }) => (
          <button
            key={name}
            type="button"
            role="radio"
            aria-checked={name === chosen}
            className="btn btn-s"
            onClick={() => setPicked(name === chosen && !required ? null : name)}
          >
            {title}
          </button>
        ))}
      </div>
      {members.map((field) => {
        if (field.name !== chosen && !set.includes(field)) return null;
        const excluded = members.filter((one) => one !== field).map(({ name }) => name);
        return <FieldView key={field.name} path={[...path, field.name]} field={field} excluded={excluded} />;
      })}
    </>
  );
}
