// What the task gave last, or what is pinned in its place.

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { pinOutput, removePin } from "../../api/actions";
import type { Standing } from "../../api/types";
import { when } from "../../parts/format";
import { Icon } from "../../parts/Icon";
import { CopyValue, JsonTree } from "../../run/JsonTree";
import { toastError } from "../../shell/toast";
import { pins, useStanding } from "../trying/queries";
import { PinEditor } from "./PinEditor";
import { keepPinText, usePinText } from "./pinTexts";

export function LastOutput({ flow, task }: { flow: string; task: string }) {
  const standing = useStanding(flow, task);
  const client = useQueryClient();
  const pinned = useQuery(pins(flow)).data?.pins.find((pin) => pin.task === task);
  const typed = usePinText(flow, task);
  const keep = (text: string | null) => keepPinText(flow, task, text);
  // Who presses Edit goes into the field; who only comes back to the task does not.
  const [entered, setEntered] = useState(false);
  const toggle = useRef<HTMLButtonElement>(null);
  const acted = useRef(false);
  const change = useMutation({
    mutationFn: (to: "pin" | "unpin" | { output: unknown }) => {
      acted.current = true;
      if (to === "unpin") return removePin(flow, task);
      return to === "pin" ? pinOutput(flow, task) : pinOutput(flow, task, to.output);
    },
    onSuccess: () => client.invalidateQueries({ queryKey: ["flow", flow] }),
    onError: toastError,
  });
  const section = useRef<HTMLElement>(null);
  const last = standing?.last ?? null;
  const value = pinned ? pinned.output : last?.output;
  const editing = pinned !== undefined && typed !== null;
  const stands = `${pinned !== undefined} ${editing}`;
  // What was pressed goes away with what it did: the keyboard stays beside it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever the buttons are others
  useEffect(() => {
    if (!acted.current || document.activeElement !== document.body) return;
    acted.current = false;
    (toggle.current ?? section.current?.querySelector("button"))?.focus();
  }, [stands]);
  return (
    <section ref={section} className="sect" aria-label={pinned ? "Pinned output" : "Last output"}>
      <div className="sect-h">
        <h3>{pinned ? "Pinned output" : "Last output"}</h3>
        <span className="faint last-when cut">
          {pinned ? `since ${when(new Date(pinned.pinned_at), new Date())}` : age(standing)}
        </span>
        <span className="more">
          {value !== undefined && value !== null && !editing && (
            <CopyValue
              value={value}
              what={last?.cut && !pinned ? "what is shown of the output" : "the output"}
            />
          )}
          {pinned && !editing && (
            <button
              type="button"
              className="btn btn-s btn-ghost"
              onClick={() => {
                setEntered(true);
                keep(JSON.stringify(pinned.output, null, 2));
              }}
            >
              Edit
            </button>
          )}
          {(pinned || last) && !editing && (
            <button
              type="button"
              className="btn btn-s btn-ghost"
              aria-pressed={pinned !== undefined}
              title="A pinned output stands for the task in trials; schedules and triggers never see it"
              ref={toggle}
              aria-disabled={change.isPending}
              onClick={() => {
                if (!change.isPending) change.mutate(pinned ? "unpin" : "pin");
              }}
            >
              <Icon name="pin" />
              {pinned ? "Unpin" : "Pin"}
            </button>
          )}
        </span>
      </div>
      {editing ? (
        <PinEditor
          text={typed}
          entered={entered}
          onText={keep}
          onCancel={() => {
            acted.current = true;
            keep(null);
          }}
          onValue={(output) => change.mutate({ output }, { onSuccess: () => keep(null) })}
        />
      ) : pinned || last ? (
        <JsonTree value={value} label={pinned ? "Pinned output" : "Last output"} />
      ) : (
        <p className="small dim">
          None yet: it has not completed.{" "}
          <button type="button" className="fold link" onClick={() => change.mutate({ output: null })}>
            Pin one by hand
          </button>
        </p>
      )}
      {last?.cut && !pinned && <p className="small faint">Cut here; the run has all of it.</p>}
    </section>
  );
}

function age(standing: Standing | null): string {
  const ended = standing?.last?.ended_at;
  if (!ended) return "";
  const at = when(new Date(ended), new Date());
  return standing.stale === null ? at : `${at}, stale`;
}
