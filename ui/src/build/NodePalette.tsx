// Which kind of task is to be added: the kinds in the schema's own words, and the other flows of the workspace.

import { useQuery } from "@tanstack/react-query";
import { Command } from "cmdk";
import { Dialog } from "radix-ui";
import { useState } from "react";
import { flows } from "../api/queries";
import type { JsonMap } from "../edit/json";
import { ranked } from "../palette/rank";
import { Icon, kindIcon } from "../parts/Icon";
import { Said } from "../parts/Said";
import { Keys } from "../shell/Keys";
import { useEditor } from "./context";
import { addTaskFor, nameOf } from "./edits";
import { focusWork } from "./focus";
import { flowSchema, languageOf } from "./schema";
import { type Kind, kindsOf, starterFor } from "./starter";
import { useBuildView, useViewed } from "./view";

interface Choice {
  key: string;
  kind: string;
  title: string;
  help: string;
  /** what the task is called at first */
  name: string;
  body: JsonMap;
}

export function NodePalette() {
  const adding = useViewed((state) => state.adding);
  const view = useBuildView();
  const leave = () => view.set({ adding: null });
  return (
    <Dialog.Root open={adding !== null} onOpenChange={(open) => !open && leave()}>
      <Dialog.Portal>
        <Dialog.Overlay className="scrim">
          <Dialog.Content
            className="palette"
            aria-describedby={undefined}
            // The name of what was added is written next: the focus is already there.
            onCloseAutoFocus={(event) => {
              event.preventDefault();
              if (view.state().renaming === null) focusWork();
            }}
          >
            <Dialog.Title className="sr">Add a task</Dialog.Title>
            {adding && <Kinds after={adding.from ? nameOf(adding.from.path) : null} />}
          </Dialog.Content>
        </Dialog.Overlay>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Kinds({ after }: { after: string | null }) {
  const editor = useEditor();
  const view = useBuildView();
  const [text, setText] = useState("");
  const choices = useChoices();
  const found = ranked(choices, text.trim(), (one) => `${one.title} ${one.help}`);
  const add = ({ name, body }: Choice) => {
    const { adding } = view.state();
    if (!adding) return;
    const path = addTaskFor(editor, adding, name, body);
    view.set({ adding: null, edge: null, note: null, ...(path === null ? {} : { renaming: path }) });
  };
  return (
    <Command shouldFilter={false} loop label="Kinds of tasks">
      <div className="q">
        <Icon name="plus" />
        <Command.Input
          value={text}
          onValueChange={setText}
          placeholder={after === null ? "What is to be done" : `What is to be done after ${after}`}
        />
      </div>
      <Command.List className="palette-list scroll">
        <Command.Empty className="g">No kind of task is called so.</Command.Empty>
        {found.map((choice) => (
          <Command.Item key={choice.key} value={choice.key} className="o" onSelect={() => add(choice)}>
            <Icon name={kindIcon(choice.kind)} />
            <span className="mono">{choice.title}</span>
            <span className="faint cut">
              <Said text={choice.help} />
            </span>
          </Command.Item>
        ))}
      </Command.List>
      <div className="f">
        <span>
          <Keys keys="ArrowUp ArrowDown" /> choose
        </span>
        <span>
          <Keys keys="Enter" /> add, then name it
        </span>
        <span>
          <Keys keys="Escape" /> back
        </span>
      </div>
    </Command>
  );
}

function useChoices(): readonly Choice[] {
  const schema = useQuery(flowSchema).data;
  const listed = useQuery(flows).data?.flows ?? [];
  if (!schema) return [];
  const kinds = kindsOf(schema, languageOf(schema)).map(
    (kind: Kind): Choice => ({
      key: kind.name,
      kind: kind.name,
      title: kind.name,
      help: kind.help,
      name: kind.name,
      body: starterFor(schema, kind.name),
    }),
  );
  const others = listed.map(
    ({ name, title }): Choice => ({
      key: `flow ${name}`,
      kind: "flow",
      title: `flow ${name}`,
      help: title ?? "",
      name: name.replace(/[^A-Za-z0-9_]/g, "_").replace(/^(?=\d)/, "_"),
      body: { flow: name },
    }),
  );
  return [...kinds, ...others];
}
