// The flow's own form: all that stands in the file beside its tasks.

import { Icon } from "../../parts/Icon";
import type { Forms } from "../fields/form";
import { RecordFields } from "../fields/RecordField";
import { FormScope } from "./FormScope";

export function FlowPanel({ flow, forms }: { flow: string; forms: Forms }) {
  return (
    <FormScope flow={flow} task={null} forms={forms}>
      <header className="panel-h">
        <Icon name="flows" />
        <h2 className="mono cut">{flow}</h2>
      </header>
      <div className="panel-b scroll">
        <section className="sect fields" aria-label="The flow's own options">
          <RecordFields path={[]} form={forms.flow()} />
        </section>
      </div>
    </FormScope>
  );
}
