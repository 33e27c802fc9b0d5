// What a person can do with a run.

import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { DropdownMenu } from "radix-ui";
import { useState } from "react";
import { startRun } from "../api/actions";
import type { RunDetail } from "../api/types";
import { Confirm } from "../parts/Confirm";
import { duration, when } from "../parts/format";
import { Icon } from "../parts/Icon";
import { State } from "../parts/State";
import { isEnded } from "../parts/states";
import { type Act, useSteer } from "../parts/useSteer";
import { useShortcuts } from "../shell/shortcuts";
import { toast, toastError } from "../shell/toast";
import { runsOfFlow } from "./runQueries";

export function RunActions({ detail }: { detail: RunDetail }) {
  const { run } = detail;
  const ended = isEnded(run.state_type);
  const failed = ended && run.state_type !== "completed";
  const steer = useSteer();
  const navigate = useNavigate();
  const [removing, setRemoving] = useState(false);
  const [comparing, setComparing] = useState(false);
  const again = useAgain(detail);
  const act = (name: Act) => steer.mutate({ act: name, runs: [run.id] });
  useShortcuts([
    ...(failed
      ? [{ keys: "R", says: "Retry from failed", group: "Run", run: () => act("retry-from-failed") }]
      : []),
    { keys: "C", says: "Compare with another run", group: "Run", run: () => setComparing(true) },
  ]);
  const remove = () => {
    steer.mutate(
      { act: "remove", runs: [run.id] },
      { onSuccess: ({ done }) => done > 0 && void navigate({ to: "/runs" }) },
    );
  };
  return (
    <>
      {!ended && (
        <button
          type="button"
          className="btn"
          disabled={run.state === "Cancelling" || steer.isPending}
          onClick={() => act("cancel")}
        >
          <Icon name="stop" />
          Cancel
        </button>
      )}
      {failed && (
        <button
          type="button"
          className="btn btn-tint"
          disabled={steer.isPending}
          onClick={() => act("retry-from-failed")}
        >
          <Icon name="retry" />
          Retry from failed
        </button>
      )}
      <CompareWith detail={detail} open={comparing} onOpen={setComparing} />
      <Link className="btn" to="/flows/$flow" params={{ flow: run.flow }}>
        <Icon name="flows" />
        Open flow
      </Link>
      <DropdownMenu.Root modal={false}>
        <DropdownMenu.Trigger className="btn btn-icon btn-ghost" aria-label="More">
          <Icon name="more" />
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content className="menu" align="end" sideOffset={4}>
            <DropdownMenu.Item className="menu-item" onSelect={() => again.mutate()}>
              <Icon name="play" />
              Run again with the same parameters
            </DropdownMenu.Item>
            <DropdownMenu.Item className="menu-item" disabled={!ended} onSelect={() => act("retry")}>
              <Icon name="retry" />
              Retry the whole run
            </DropdownMenu.Item>
            <DropdownMenu.Item
              className="menu-item"
              onSelect={() => {
                navigator.clipboard
                  .writeText(run.id)
                  .then(() => toast({ text: "The run's id is copied", icon: "copy" }), toastError);
              }}
            >
              <Icon name="copy" />
              Copy the run's id
            </DropdownMenu.Item>
            <DropdownMenu.Separator className="menu-line" />
            <DropdownMenu.Item className="menu-item" disabled={!ended} onSelect={() => setRemoving(true)}>
              <Icon name="trash" />
              Remove…
            </DropdownMenu.Item>
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
      <Confirm
        open={removing}
        title={`Remove ${run.name}?`}
        text="The run, its log and its outputs go. There is no way back."
        action="Remove"
        onDone={remove}
        onClose={() => setRemoving(false)}
      />
    </>
  );
}

/** Another run of the flow as it is now, with this run's parameters. */
function useAgain({ run }: RunDetail) {
  const navigate = useNavigate();
  return useMutation({
    mutationFn: () =>
      startRun(run.flow, (run.parameters ?? {}) as Record<string, unknown>, crypto.randomUUID()),
    onSuccess: (started) => {
      toast({ text: `Started ${started.name}`, icon: "play" });
      void navigate({ to: "/runs/$run", params: { run: started.id } });
    },
    onError: toastError,
  });
}

function CompareWith({
  detail,
  open,
  onOpen,
}: {
  detail: RunDetail;
  open: boolean;
  onOpen: (open: boolean) => void;
}) {
  const { run } = detail;
  const navigate = useNavigate();
  const answer = useQuery({ ...runsOfFlow(run.flow), enabled: open });
  const others = answer.data?.runs.filter((other) => other.id !== run.id) ?? [];
  const now = new Date();
  return (
    <DropdownMenu.Root modal={false} open={open} onOpenChange={onOpen}>
      <DropdownMenu.Trigger className="btn">
        <Icon name="compare" />
        Compare with…
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          className="menu scroll compare-menu"
          align="end"
          sideOffset={4}
          aria-label={`Other runs of ${run.flow}`}
        >
          {others.map((other) => (
            <DropdownMenu.Item
              key={other.id}
              className="menu-item"
              onSelect={() =>
                void navigate({ to: "/runs/$run/compare/$other", params: { run: other.id, other: run.id } })
              }
            >
              <State state={other.state} />
              <code>{other.name}</code>
              <span className="grow" />
              <span className="faint">{when(new Date(other.created_at), now)}</span>
              <span className="faint num">
                {other.duration_ms === null ? "" : duration(other.duration_ms)}
              </span>
            </DropdownMenu.Item>
          ))}
          {answer.data && others.length === 0 && (
            <p className="menu-item faint">There is no other run of {run.flow} yet.</p>
          )}
          {answer.error && <p className="menu-item faint">{answer.error.message}</p>}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
