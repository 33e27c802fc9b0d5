import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { send } from "../api/client";
import { workspaces } from "../api/queries";
import type { Workspaces as Known } from "../api/types";
import { when } from "../parts/format";
import { Icon } from "../parts/Icon";
import { Trouble } from "../shell/Trouble";
import { toast, toastError } from "../shell/toast";

export function Workspaces() {
  const answer = useQuery(workspaces);
  const open = useOpen();
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
            {!one.current && (
              <button
                type="button"
                className="btn btn-s btn-ghost"
                aria-label={`Open ${one.name}`}
                title={`Show the flows of ${one.path}`}
                disabled={open.isPending}
                onClick={() => open.mutate(one.path)}
              >
                Open
              </button>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}

/** Shows another workspace's flows; nothing that was known of the last one's holds any more. */
function useOpen() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (path: string) => send<Known>("PUT", "/workspaces/current", { path }),
    onSuccess: ({ workspaces: [shown] }) => {
      toast({ text: `${shown?.name ?? "The workspace"} is shown now`, icon: "check" });
      return client.resetQueries();
    },
    onError: toastError,
  });
}
