// Asks for a flow's name.

import { useMutation } from "@tanstack/react-query";
import { Dialog } from "radix-ui";
import { useId, useState } from "react";
import { DialogHead } from "../../parts/DialogHead";
import { toFirstField, useFocusReturn } from "../../parts/focusReturn";
import { ProblemLine } from "../../parts/ProblemLine";
import "./files.css";

interface Props {
  open: boolean;
  title: string;
  help: string;
  action: string;
  /** what stands there first */
  name: string;
  onDone: (name: string) => Promise<void>;
  onClose: () => void;
}

export function NameDialog(props: Props) {
  const giveBack = useFocusReturn(props.open);
  return (
    <Dialog.Root open={props.open} onOpenChange={(open) => !open && props.onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="scrim">
          <Dialog.Content
            className="dialog dialog-s"
            aria-describedby={undefined}
            onOpenAutoFocus={toFirstField}
            onCloseAutoFocus={giveBack}
          >
            <Form {...props} />
          </Dialog.Content>
        </Dialog.Overlay>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Form({ title, help, action, name: first, onDone, onClose }: Props) {
  const [name, setName] = useState(first);
  const helpId = useId();
  const done = useMutation({ mutationFn: () => onDone(name.trim()), onSuccess: onClose });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim() !== "" && !done.isPending) done.mutate();
      }}
    >
      <DialogHead title={title} />
      <div className="file-form">
        <label>
          Name
          <span className="input">
            <input
              className="mono"
              value={name}
              aria-describedby={helpId}
              spellCheck={false}
              autoComplete="off"
              onFocus={(event) => event.currentTarget.select()}
              onChange={(event) => setName(event.target.value)}
            />
          </span>
        </label>
        <p className="small faint" id={helpId}>
          {help}
        </p>
        {done.error && <ProblemLine error={done.error} />}
      </div>
      <div className="dialog-f">
        <span className="grow" />
        <Dialog.Close className="btn">Cancel</Dialog.Close>
        <button type="submit" className="btn btn-primary" disabled={name.trim() === "" || done.isPending}>
          {action}
        </button>
      </div>
    </form>
  );
}
