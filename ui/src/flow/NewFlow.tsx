// A new flow: empty, from an example, or around a command that somebody has already.

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Dialog } from "radix-ui";
import { useId, useState } from "react";
import { newFlow, newFlowOf } from "../api/actions";
import { examples } from "../api/queries";
import { openGuide } from "../guide/guide";
import { DialogHead } from "../parts/DialogHead";
import { toFirstField, useFocusReturn } from "../parts/focusReturn";
import { ProblemLine } from "../parts/ProblemLine";
import "../build/files/files.css";
import { awaitArrival } from "./arrival";
import { type Beginning, beginningText } from "./beginning";

export function NewFlow({ open, onClose }: { open: boolean; onClose: () => void }) {
  const giveBack = useFocusReturn(open);
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="scrim">
          <Dialog.Content
            className="dialog dialog-s"
            aria-describedby={undefined}
            onOpenAutoFocus={toFirstField}
            onCloseAutoFocus={giveBack}
          >
            <Form onClose={onClose} />
          </Dialog.Content>
        </Dialog.Overlay>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Form({ onClose }: { onClose: () => void }) {
  const known = useQuery(examples);
  const [name, setName] = useState("");
  const [beginning, setBeginning] = useState<Beginning>("command");
  const [command, setCommand] = useState("");
  const navigate = useNavigate();
  const client = useQueryClient();
  const group = useId();
  const text = beginningText(beginning, name.trim(), command);
  const make = useMutation({
    mutationFn: (): Promise<{ name: string }> =>
      text === null ? newFlow(name.trim(), beginning) : newFlowOf(name.trim(), text),
    onSuccess: async (made) => {
      onClose();
      if (beginning === "guided") openGuide(made.name);
      await client.invalidateQueries({ queryKey: ["flows"] });
      awaitArrival(made.name);
      await navigate({ to: "/flows/$flow", params: { flow: made.name }, search: {} });
    },
  });
  const ready = name.trim() !== "" && (beginning !== "command" || command.trim() !== "");
  const choices: { value: Beginning; label: string; about: string }[] = [
    { value: "command", label: "A command", about: "a line or a script that runs today" },
    { value: "guided", label: "The guide", about: "from no task to a run, one step at a time" },
    { value: "empty", label: "Empty", about: "one task, to be changed" },
    ...(known.data?.examples ?? []).map((example) => ({
      value: example.name,
      label: `Example: ${example.name}`,
      about: example.about,
    })),
  ];
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (ready && !make.isPending) make.mutate();
      }}
    >
      <DialogHead title="New flow" />
      <div className="file-form scroll">
        <label>
          Name
          <span className="input">
            <input
              className="mono"
              value={name}
              placeholder="nightly-backup"
              spellCheck={false}
              autoComplete="off"
              onChange={(event) => setName(event.target.value)}
            />
          </span>
        </label>
        <fieldset className="beginnings">
          <legend>Begin with</legend>
          {choices.map((choice) => (
            <label key={choice.value}>
              <input
                type="radio"
                name={group}
                checked={beginning === choice.value}
                onChange={() => setBeginning(choice.value)}
              />
              <span>
                {choice.label} <span className="faint">{choice.about}</span>
              </span>
            </label>
          ))}
        </fieldset>
        {beginning === "command" && (
          <label>
            Command
            <textarea
              className="mono"
              rows={4}
              value={command}
              placeholder="rsync -a data/ backup/"
              spellCheck={false}
              onChange={(event) => setCommand(event.target.value)}
            />
          </label>
        )}
        {make.error && <ProblemLine error={make.error} />}
      </div>
      <div className="dialog-f">
        <span className="grow" />
        <Dialog.Close className="btn">Cancel</Dialog.Close>
        <button type="submit" className="btn btn-primary" disabled={!ready || make.isPending}>
          Create
        </button>
      </div>
    </form>
  );
}
