import { useQuery } from "@tanstack/react-query";
import { variables } from "../api/queries";
import { brief } from "../parts/format";
import { Icon } from "../parts/Icon";
import { Trouble } from "../shell/Trouble";
import { AddForm } from "./AddForm";
import { useChange } from "./change";
import { Editor } from "./Editor";
import { Remove } from "./Remove";
import { typedValue } from "./typedValue";

export function Variables() {
  const answer = useQuery(variables);
  const change = useChange("vars");
  return (
    <>
      <h2 className="sect-h">
        Variables <span className="faint">a flow reads one as {"{{ vars.NAME }}"}</span>
        <span className="more">
          <AddForm
            noun="variable"
            valueLabel="value, JSON or text"
            onAdd={(name, value) => change.mutate({ name, body: { value: typedValue(value) } })}
          />
        </span>
      </h2>
      {answer.error && <Trouble error={answer.error} again={() => void answer.refetch()} />}
      {answer.data?.vars.length === 0 && <p className="none">None yet.</p>}
      <ul className="lst secr">
        {answer.data?.vars.map(({ name, value }) => (
          <li key={name}>
            <Icon name="value" />
            <code className="cut">{name}</code>
            <Editor
              shown={<code>{brief(value)}</code>}
              value={brief(value)}
              label={name}
              onSave={(text) => change.mutate({ name, body: { value: typedValue(text) } })}
            />
            <Remove
              name={name}
              text="Flows that read it fail from then on."
              onRemove={() => change.mutate({ name })}
            />
          </li>
        ))}
      </ul>
    </>
  );
}
