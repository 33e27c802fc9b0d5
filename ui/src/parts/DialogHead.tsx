// What stands on top of a dialog: its title, what can be done to all of it, and the cross.

import { Dialog } from "radix-ui";
import type { ReactNode } from "react";
import { Icon } from "./Icon";

interface Props {
  title: ReactNode;
  /** right beside the title */
  aside?: ReactNode;
  /** before the cross */
  actions?: ReactNode;
}

export function DialogHead({ title, aside, actions }: Props) {
  return (
    <div className="dialog-h">
      <Dialog.Title>{title}</Dialog.Title>
      {aside}
      <span className="grow" />
      {actions}
      <Dialog.Close className="btn btn-icon btn-ghost" aria-label="Close">
        <Icon name="x" />
      </Dialog.Close>
    </div>
  );
}
