// All keys that work here, on `?`.

import { Dialog } from "radix-ui";
import { useState } from "react";
import { DialogHead } from "../parts/DialogHead";
import { useFocusReturn } from "../parts/focusReturn";
import { Keys } from "./Keys";
import { type Shortcut, useShortcutList, useShortcuts } from "./shortcuts";

export function KeySheet() {
  const [open, setOpen] = useState(false);
  useShortcuts([{ keys: "?", says: "All keys", group: "Anywhere", run: () => setOpen(true) }]);
  const giveBack = useFocusReturn(open);
  return (
    <Dialog.Root open={open} onOpenChange={setOpen}>
      <Dialog.Portal>
        <Dialog.Overlay className="scrim">
          <Dialog.Content className="dialog" aria-describedby={undefined} onCloseAutoFocus={giveBack}>
            <DialogHead title="Keys" />
            <Sheet />
          </Dialog.Content>
        </Dialog.Overlay>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Sheet() {
  const groups = new Map<string, Shortcut[]>([["Anywhere", []]]);
  const shortcuts = useShortcutList();
  for (const one of shortcuts) groups.set(one.group, [...(groups.get(one.group) ?? []), one]);
  return (
    <div className="keys-sheet scroll">
      {[...groups].map(([group, list]) => (
        <section key={group}>
          <h3>{group}</h3>
          <dl>
            {[...new Set(list.map((one) => one.says))].map((says) => (
              <div key={says}>
                <dt>
                  {list
                    .filter((one) => one.says === says)
                    .map((one, at) => (
                      <span key={one.keys}>
                        {at > 0 && <span className="faint"> or </span>}
                        <Keys keys={one.keys} />
                      </span>
                    ))}
                </dt>
                <dd>{says}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </div>
  );
}
