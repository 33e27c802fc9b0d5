// What the format says of the task's kind and of every option, as the schema describes them.

import { Said } from "../../parts/Said";
import type { Field, Forms } from "../fields/form";

export function DocsTab({ kind, forms }: { kind: string | null; forms: Forms }) {
  const field = kind === null ? null : forms.kind(kind);
  const { control } = field ?? {};
  const keys = control?.is === "record" ? control.record().fields : [];
  return (
    <>
      {field && (
        <section className="sect docs" aria-label={field.title}>
          <h3 className="sect-h">
            <code>{field.name}</code>
          </h3>
          <p>
            <Said text={field.help} />
          </p>
          <Keys fields={keys} />
        </section>
      )}
      <section className="sect docs" aria-label="Options">
        <h3 className="sect-h">Options</h3>
        <Keys fields={forms.options().fields} />
      </section>
    </>
  );
}

function Keys({ fields }: { fields: readonly Field[] }) {
  if (fields.length === 0) return null;
  return (
    <dl>
      {fields.map(({ name, help, required }) => (
        <div key={name}>
          <dt>
            <code>{name}</code> {required && <span className="faint">needed</span>}
          </dt>
          <dd>
            <Said text={help} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
