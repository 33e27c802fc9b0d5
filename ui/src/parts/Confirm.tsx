// Asks before what cannot be undone.

import { AlertDialog } from "radix-ui";

export function Confirm({
  open,
  title,
  text,
  action,
  onDone,
  onClose,
}: {
  open: boolean;
  title: string;
  text: string;
  action: string;
  onDone: () => void;
  onClose: () => void;
}) {
  return (
    <AlertDialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="scrim">
          <AlertDialog.Content className="dialog dialog-s">
            <div className="dialog-h">
              <AlertDialog.Title>{title}</AlertDialog.Title>
            </div>
            <AlertDialog.Description className="sect dim">{text}</AlertDialog.Description>
            <div className="dialog-f">
              <span className="grow" />
              <AlertDialog.Cancel className="btn">Keep</AlertDialog.Cancel>
              <AlertDialog.Action className="btn btn-primary" onClick={onDone}>
                {action}
              </AlertDialog.Action>
            </div>
          </AlertDialog.Content>
        </AlertDialog.Overlay>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
