import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useId } from "react";
import type { Desktop } from "../platform";
import { Trouble } from "../shell/Trouble";
import { toastError } from "../shell/toast";

/** Whether the desktop app starts at login; another program may change that meanwhile. */
export function AtLogin({ desktop }: { desktop: Desktop }) {
  const client = useQueryClient();
  const name = useId();
  const about = useId();
  const key = ["startsAtLogin"];
  const answer = useQuery({
    queryKey: key,
    queryFn: () => desktop.startsAtLogin(),
    refetchOnMount: "always",
    refetchOnWindowFocus: "always",
  });
  const turn = useMutation({
    mutationFn: (on: boolean) => desktop.startAtLogin(on),
    onSuccess: (is) => client.setQueryData(key, is),
    onError: toastError,
  });
  const on = answer.data === true;
  return (
    <>
      <h2 className="sect-h">
        Desktop app <span className="faint">this one, on this machine</span>
      </h2>
      {answer.error && <Trouble error={answer.error} again={() => void answer.refetch()} />}
      <ul className="lst">
        <li className="switch-l">
          <button
            type="button"
            role="switch"
            aria-checked={on}
            aria-labelledby={name}
            aria-describedby={about}
            className={`switch ${on ? "on" : ""}`}
            disabled={answer.data === undefined || turn.isPending}
            onClick={() => turn.mutate(!on)}
          />
          <b id={name}>Start at login</b>
          <span id={about} className="dim">
            without a window, so that what runs goes on and failures are told of
          </span>
        </li>
      </ul>
    </>
  );
}
