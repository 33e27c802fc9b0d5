// Every option of a task, those that are set first.

import { useState } from "react";
import { tasksOf } from "../../edit/tasks";
import { pathOfTask } from "../../edit/value";
import { pathOf } from "../editor";
import { useFields } from "../fields/fields";
import type { Form, Forms } from "../fields/form";
import { RecordFields } from "../fields/RecordField";

export function OptionsTab({ task, forms }: { task: string; forms: Forms }) {
  const { document } = useFields();
  const path = pathOf(task);
  // The order stays while the tab is looked at: a field does not jump away from under the cursor.
  const [first] = useState(() => new Set(tasksOf(document).find(path)?.keys));
  const options = forms.options();
  const isFirst = (name: string) =>
    first.has(name) ||
    options.oneOf.some(({ names }) => names.includes(name) && names.some((one) => first.has(one)));
  const some = options.fields.some(({ name }) => isFirst(name));
  const at = pathOfTask(path);
  return (
    <>
      {some && (
        <section className="sect fields" aria-label="Set">
          <h3 className="sect-h">Set</h3>
          <RecordFields path={at} form={only(options, isFirst)} />
        </section>
      )}
      <section className="sect fields" aria-label={some ? "Not set" : "Options"}>
        {some && <h3 className="sect-h">Not set</h3>}
        <RecordFields path={at} form={only(options, (name) => !isFirst(name))} />
      </section>
    </>
  );
}

function only(form: Form, wanted: (name: string) => boolean): Form {
  return { ...form, fields: form.fields.filter(({ name }) => wanted(name)) };
}
