// Acts on runs, with what became of them said in the corner.

import { useMutation } from "@tanstack/react-query";
import { cancelRun, removeRun, retryRun } from "../api/actions";
import { client } from "../api/context";
import { toast, toastError } from "../shell/toast";
import { count } from "./format";
import type { IconName } from "./Icon";

export type Act = "cancel" | "retry" | "retry-from-failed" | "remove";

const DONE: Record<Act, { did: string; icon: IconName; carry: (run: string) => Promise<unknown> }> = {
  cancel: { did: "asked to end", icon: "stop", carry: cancelRun },
  retry: { did: "started again", icon: "retry", carry: (run) => retryRun(run, false) },
  "retry-from-failed": { did: "retried from failed", icon: "retry", carry: (run) => retryRun(run, true) },
  remove: { did: "removed", icon: "trash", carry: removeRun },
};

/** How many acts of one press are under way at once. */
const AT_ONCE = 6;

export function useSteer() {
  return useMutation({
    mutationFn: async ({ act, runs }: { act: Act; runs: readonly string[] }) => {
      const { carry } = DONE[act];
      const waiting = [...runs];
      const errors: unknown[] = [];
      async function work(): Promise<void> {
        for (let run = waiting.shift(); run !== undefined; run = waiting.shift()) {
          try {
            await carry(run);
          } catch (error) {
            errors.push(error);
          }
        }
      }
      await Promise.all(Array.from({ length: Math.min(AT_ONCE, runs.length) }, work));
      return { done: runs.length - errors.length, errors };
    },
    onSuccess: ({ done, errors }, { act }) => {
      if (done > 0) toast({ text: `${count(done, "run")} ${DONE[act].did}`, icon: DONE[act].icon });
      if (errors.length > 1)
        toastError(new Error(`${count(errors.length, "run")} refused, the first: ${String(errors[0])}`));
      else if (errors.length === 1) toastError(errors[0]);
      // A removed run is no transition, so the stream does not tell of it.
      if (act === "remove") void client.invalidateQueries();
    },
  });
}
