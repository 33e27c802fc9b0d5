// What the task does, the options that are asked for most, and what it gave last.

import { pathOfTask } from "../../edit/value";
import { count } from "../../parts/format";
import { useEditor } from "../context";
import { pathOf } from "../editor";
import { FieldView } from "../fields/FieldView";
import { useFields } from "../fields/fields";
import type { Field, Forms } from "../fields/form";
import { RecordFields } from "../fields/RecordField";
import { Interpreter } from "./Interpreter";
import { LastOutput } from "./LastOutput";

/** Options that stand on the first tab too, as far as the schema has them. */
const OFTEN: readonly (readonly string[])[] = [
  ["when"],
  ["needs", "join"],
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
        <section className="sect fields" aria-label={field.title}>
          <KindFields path={[...path, field.name]} field={field} />
          {kind !== null && <Interpreter kind={kind} />}
        </section>
      )}
      {field?.control.is === "tasks" && <Group task={task} />}
      {OFTEN.map((names) => {
        const fields = options.fields.filter(({ name }) => names.includes(name));
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

/** A kind's keys, whichever form they are written in. */
function KindFields({ path, field }: { path: readonly (string | number)[]; field: Field }) {
  const { control } = field;
  if (control.is === "record") return <RecordFields path={path} form={control.record()} />;
  return <FieldView path={path} field={field} />;
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
