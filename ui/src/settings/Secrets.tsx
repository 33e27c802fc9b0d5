import { useQuery } from "@tanstack/react-query";
import { secrets } from "../api/queries";
import { Icon } from "../parts/Icon";
import { Trouble } from "../shell/Trouble";
import { AddForm } from "./AddForm";
import { useChange } from "./change";
import { Editor } from "./Editor";
import { Remove } from "./Remove";

/** Names only: a value goes in and never comes out again. */
export function Secrets() {
  const answer = useQuery(secrets);
  const change = useChange("secrets");
  return (
    <>
      <h2 className="sect-h">
        Secrets <span className="faint">sealed; a flow reads one as {"{{ secrets.NAME }}"}</span>
        <span className="more">
          <AddForm
            noun="secret"
            valueLabel="value"
            save="Seal"
            secret
            onAdd={(name, value) => change.mutate({ name, body: { value } })}
          />
        </span>
      </h2>
      {answer.error && <Trouble error={answer.error} again={() => void answer.refetch()} />}
      {answer.data?.secrets.length === 0 && <p className="none">None yet.</p>}
      <ul className="lst secr">
        {answer.data?.secrets.map((name) => (
          <li key={name}>
            <Icon name="key" />
            <code className="cut">{name}</code>
            <Editor
              shown={<span className="dots">••••••••</span>}
              value=""
              label={name}
              action="Replace"
              save="Seal"
              secret
              onSave={(value) => change.mutate({ name, body: { value } })}
            />
            <Remove
              name={name}
              text="Flows that read it fail from then on. Its value cannot be had back."
              onRemove={() => change.mutate({ name })}
            />
          </li>
        ))}
      </ul>
      <p className="note-l">
        <Icon name="info" />A sealed value is never shown again, here or by the API; in logs it is masked.
      </p>
    </>
  );
}
