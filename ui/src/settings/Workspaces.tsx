import { useQuery } from "@tanstack/react-query";
import { workspaces } from "../api/queries";
import { when } from "../parts/format";
import { Icon } from "../parts/Icon";
import { Trouble } from "../shell/Trouble";

export function Workspaces() {
  const answer = useQuery(workspaces);
  const now = new Date();
  return (
    <>
      <h2 className="sect-h">
        Workspaces <span className="faint">folders with flows that this home knows</span>
      </h2>
      {answer.error && <Trouble error={answer.error} again={() => void answer.refetch()} />}
      <ul className="lst works">
        {answer.data?.workspaces.map((one) => (
          <li key={one.path}>
            <Icon name="folder" />
            <b className="cut">{one.name}</b>
            <code className="cut dim">{one.path}</code>
            <span className="faint">
              {one.current ? "shown here" : one.used_at ? `used ${when(new Date(one.used_at), now)}` : ""}
              {!one.enabled && " · schedules off"}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
