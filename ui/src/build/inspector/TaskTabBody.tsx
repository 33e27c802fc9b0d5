// What the task does, the options that are asked for most, and what it gave last.

import { useState } from "react";
import { pathOfTask } from "../../edit/value";
import { count } from "../../parts/format";
import { Icon } from "../../parts/Icon";
import { useEditor } from "../context";
import { pathOf } from "../editor";
import { FieldView } from "../fields/FieldView";
import { useFields } from "../fields/fields";
import { type Field, type Form, type Forms, mainKey, shownFields } from "../fields/form";
import { valueAt } from "../fields/place";
import { RecordFields } from "../fields/RecordField";
import { Interpreter } from "./Interpreter";
import { LastOutput } from "./LastOutput";

/** Options that stand on the first tab too, as far as the schema has them. */
const OFTEN: readonly (readonly string[])[] = [
  ["when"],
  ["needs"],
  ["timeout", "retries", "cache", "allow_failure"],
];

interface Props {
  flow: string;
  task: string;
  kind: string | null;
  forms: Forms;
}

export function TaskTabBody({ flow, task, kind, forms }: Props) {
  const path = pathOfTask(pathOf(task));
  const field = kind === null ? null : forms.kind(kind);
  const options = forms.options();
  return (
    <>
      {field && (
        <section className="sect fields" aria-label={field.title} data-main={mainKey(field)}>
          <KindFields key={field.name} path={[...path, field.name]} field={field} />
          {kind !== null && <Interpreter kind={kind} />}
        </section>
      )}
      {field?.control.is === "tasks" && <Group task={task} />}
      {OFTEN.map((names) => {
        const fields = names.flatMap((name) => options.fields.find((one) => one.name === name) ?? []);
        return fields.length === 0 ? null : (
          <section
            key={names[0]}
            className="sect fields"
            aria-label={fields.map(({ title }) => title).join(", ")}
          >
            <RecordFields path={path} form={{ ...options, fields }} />
          </section>
        );
      })}
      <LastOutput flow={flow} task={task} />
    </>
  );
}

/** A kind's keys, whichever form they are written in: those that it needs or has, and the rest on request. */
function KindFields({ path, field }: { path: readonly (string | number)[]; field: Field }) {
  const { document } = useFields();
  const { control } = field;
  const form = control.is === "record" ? control.record() : null;
  const isSet = (name: string) => valueAt(document, [...path, name]) !== undefined;
  // What is shown stays while the task is looked at, so that no field jumps away while it is typed into.
  const [first] = useState(
    () =>
      new Set(
        form?.fields.flatMap(({ name, required }) =>
          required || isSet(name) || isAsked(form, name) ? [name] : [],
        ),
      ),
  );
  const [open, setOpen] = useState(false);
  if (!form) return <FieldView path={path} field={field} />;
  const shownNames = shownFields(form, isSet).map(({ name }) => name);
  const rest = form.fields.filter(({ name }) => !first.has(name) && shownNames.includes(name));
  const part = (wanted: (name: string) => boolean): Form => ({
    ...form,
    fields: form.fields.filter(({ name }) => wanted(name)),
  });
  return (
    <>
      <RecordFields path={path} form={part((name) => first.has(name))} />
      {rest.length > 0 && (
        <button type="button" className="fold more-keys" aria-expanded={open} onClick={() => setOpen(!open)}>
          <Icon name={open ? "down" : "right"} className="i-12" />
          <span>More</span>
          <span className="faint cut">{rest.map(({ name }) => name).join(", ")}</span>
        </button>
      )}
      {open && <RecordFields path={path} form={part((name) => rest.some((one) => one.name === name))} />}
    </>
  );
}

/** Whether one of several keys must be there, and this is one, or what only stands beside one of those. */
function isAsked(form: Form, name: string): boolean {
  const isOne = (one: string) => form.oneOf.some(({ names, required }) => required && names.includes(one));
  return isOne(name) || (form.needs.get(name)?.every(isOne) ?? false);
}

function Group({ task }: { task: string }) {
  const editor = useEditor();
  const { document } = useFields();
  const names = document.tasksIn(pathOf(task))?.entries.map(({ name }) => name) ?? [];
  return (
    <section className="sect" aria-label="Inner tasks">
      <h3 className="sect-h">{count(names.length, "inner task")}</h3>
      <ul className="several">
        {names.map((name) => (
          <li key={name}>
            <button type="button" className="fold link" onClick={() => editor.select([`${task}/${name}`])}>
              <code>{name}</code>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
