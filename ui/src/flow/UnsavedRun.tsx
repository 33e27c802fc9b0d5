// Before the form of a run, where the text has changes that are not saved: what is to run is for the person to say.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Dialog } from "radix-ui";
import { useEffect, useRef } from "react";
import { startRun } from "../api/actions";
import { flow as question } from "../api/queries";
import type { FlowDetail } from "../api/types";
import { Icon } from "../parts/Icon";
import { ProblemLine } from "../parts/ProblemLine";
import { Keys } from "../shell/Keys";
import "../build/files/files.css";
import { fieldsOf } from "./schemaForm";
import { saveUnsaved, type Unsaved } from "./unsaved";

interface Props {
  detail: FlowDetail;
  unsaved: Unsaved;
  /** its form is to be shown: there is something to fill in, or why it does not run; the flow's name now */
  onForm: (name: string) => void;
  onClose: () => void;
}

export function UnsavedRun({ detail, unsaved, onForm, onClose }: Props) {
  const { name: flow, problems } = detail.summary;
  const navigate = useNavigate();
  const client = useQueryClient();
  const key = useRef(crypto.randomUUID());
  const isBroken = hasMistakes(problems);
  const begin = useMutation({
    mutationFn: async (what: "text" | "file") => {
      const name = what === "text" ? await saveUnsaved(flow) : flow;
      if (what === "text") await client.invalidateQueries({ queryKey: ["flow", flow] });
      const now = await client.fetchQuery({ ...question(name), staleTime: 0 });
      const asks = fieldsOf(now.parameters).length > 0 || hasMistakes(now.summary.problems);
      return { name, run: asks ? null : await startRun(name, {}, key.current) };
    },
    onSuccess: async ({ name, run }) => {
      if (run) {
        onClose();
        await navigate({ to: "/runs/$run", params: { run: run.id } });
        return;
      }
      if (name !== flow) await navigate({ to: "/flows/$flow", params: { flow: name }, search: {} });
      onForm(name);
    },
  });
  const isWrong = unsaved === "wrong";
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => first.current?.focus(), []);
  const save = () => {
    if (!isWrong && !begin.isPending) begin.mutate("text");
  };
  return (
    <form
      className="rf-form"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
      onKeyDown={(event) => {
        if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
        event.preventDefault();
        save();
      }}
    >
      <div className="rf-fields is-short">
        <p className="banner is-calm">
          <Icon name="info" />
          <span>
            <b>The text has unsaved changes.</b> {said(isWrong, isBroken)}
          </span>
        </p>
        {begin.error && <ProblemLine error={begin.error} />}
      </div>
      <div className="dialog-f">
        <span className="grow" />
        <Dialog.Close className="btn">Cancel</Dialog.Close>
        <button
          type="button"
          className="btn"
          disabled={isBroken || begin.isPending}
          ref={isWrong ? first : undefined}
          onClick={() => begin.mutate("file")}
        >
          Run what is saved
        </button>
        <button
          type="submit"
          className="btn btn-primary"
          disabled={isWrong || begin.isPending}
          ref={isWrong ? undefined : first}
        >
          <Icon name="play" />
          Save and run <Keys keys="Mod Enter" />
        </button>
      </div>
    </form>
  );
}

function hasMistakes(problems: FlowDetail["summary"]["problems"]): boolean {
  return problems.some(({ severity }) => severity === "error");
}

function said(isWrong: boolean, isBroken: boolean): string {
  if (isWrong && isBroken) return "Neither it nor the file runs: both have mistakes.";
  if (isWrong) return "It has mistakes, and runs once it is right; what is saved runs without the changes.";
  if (isBroken) return "What is saved has mistakes; the text is right.";
  return "What is saved runs without them.";
}
