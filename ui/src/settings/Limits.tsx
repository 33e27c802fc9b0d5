import { useQuery } from "@tanstack/react-query";
import { limits } from "../api/queries";
import { count } from "../parts/format";
import { Icon } from "../parts/Icon";
import { Trouble } from "../shell/Trouble";
import { toastError } from "../shell/toast";
import { AddForm } from "./AddForm";
import { useChange } from "./change";
import { Editor } from "./Editor";
import { Remove } from "./Remove";

export function Limits() {
  const answer = useQuery(limits);
  const change = useChange("limits");
  const set = (name: string, text: string) => {
    const slots = Number(text);
    if (Number.isInteger(slots) && slots >= 0) change.mutate({ name, body: { slots } });
    else toastError(new Error(`${text} is not a number of slots`));
  };
  return (
    <>
      <h2 className="sect-h">
        Limits <span className="faint">slots that tasks with that limit take while they run</span>
        <span className="more">
          <AddForm noun="limit" valueLabel="slots" onAdd={set} />
        </span>
      </h2>
      {answer.error && <Trouble error={answer.error} again={() => void answer.refetch()} />}
      {answer.data?.limits.length === 0 && <p className="none">None yet.</p>}
      <ul className="lst secr">
        {answer.data?.limits.map(({ name, slots, taken }) => (
          <li key={name}>
            <Icon name="limit" />
            <code className="cut">{name}</code>
            <Editor
              shown={
                <>
                  {count(slots, "slot")}{" "}
                  <span className="faint">{taken === 0 ? "all free" : `${taken} taken now`}</span>
                </>
              }
              value={String(slots)}
              label={name}
              onSave={(text) => set(name, text)}
            />
            <Remove
              name={name}
              text="Tasks that name it no longer wait for a slot."
              onRemove={() => change.mutate({ name })}
            />
          </li>
        ))}
      </ul>
    </>
  );
}
