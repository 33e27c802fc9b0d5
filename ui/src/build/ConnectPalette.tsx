// An edge drawn by keyboard: first the task that it leads to, then the outcome on which it opens.

import { Command } from "cmdk";
import { Dialog } from "radix-ui";
import { useState } from "react";
import { tasksOf } from "../edit/tasks";
import { ranked } from "../palette/rank";
import { Icon } from "../parts/Icon";
import { OUTCOMES } from "./actions/task";
import { useEdited, useEditor } from "./context";
import { pathOf, pathText } from "./editor";
import { connect, nameOf } from "./edits";
import { focusWork } from "./focus";
import { useBuildView, useViewed } from "./view";

export function ConnectPalette() {
  const from = useViewed((state) => state.connecting);
  const view = useBuildView();
  return (
    <Dialog.Root open={from !== null} onOpenChange={(open) => !open && view.set({ connecting: null })}>
      <Dialog.Portal>
        <Dialog.Overlay className="scrim">
          <Dialog.Content
            className="palette"
            aria-describedby={undefined}
            onCloseAutoFocus={(event) => {
              event.preventDefault();
              focusWork();
            }}
          >
            <Dialog.Title className="sr">Connect {from === null ? "" : nameOf(from)}</Dialog.Title>
            {from !== null && <Steps from={from} />}
          </Dialog.Content>
        </Dialog.Overlay>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Steps({ from }: { from: string }) {
  const editor = useEditor();
  const view = useBuildView();
  const document = useEdited((snapshot) => snapshot.document);
  const [text, setText] = useState("");
  const [to, setTo] = useState<string | null>(null);
  const task = tasksOf(document).find(pathOf(from));
  const siblings = task ? tasksOf(document).siblings(task.parent) : [];
  const targets = siblings.filter((one) => one !== task).map((one) => pathText(one.path));
  const label = to === null ? `What follows ${nameOf(from)}` : `${nameOf(to)} runs`;
  const choices =
    to === null
      ? ranked(targets, text.trim(), nameOf).map((path) => ({ key: path, title: nameOf(path) }))
      : ranked(OUTCOMES, text.trim(), (one) => one.label).map(({ on, label: title }) => ({ key: on, title }));
  const choose = (key: string) => {
    setText("");
    if (to === null) {
      setTo(key);
      return;
    }
    const outcome = OUTCOMES.find((one) => one.on === key);
    view.set({ connecting: null });
    if (outcome) connect(editor, from, to, outcome.on);
  };
  return (
    <Command key={to} shouldFilter={false} loop label={label}>
      <div className="q">
        <Icon name="flows" />
        <Command.Input autoFocus value={text} onValueChange={setText} placeholder={label} />
      </div>
      <Command.List className="palette-list scroll">
        <Command.Empty className="g">No task beside it is called so.</Command.Empty>
        {choices.map(({ key, title }) => (
          <Command.Item key={key} value={key} className="o" onSelect={() => choose(key)}>
            <Icon name={to === null ? "right" : "check"} />
            <span className={to === null ? "mono" : ""}>{title}</span>
          </Command.Item>
        ))}
      </Command.List>
    </Command>
  );
}
