// What a task waits for: each edge with the outcome on which it opens.

import { useId } from "react";
import { removeEdge, setEdge } from "../../edit/edge";
import { type Outcome, tasksOf } from "../../edit/tasks";
import { Icon } from "../../parts/Icon";
import { useEditor } from "../context";
import type { FieldProps } from "./FieldView";
import { useFields } from "./fields";
import { Help } from "./Help";
import { briefHelp } from "./Labelled";
import { NeedMenu, TaskMenu } from "./NeedMenu";

export function NeedsField({ field, outcomes }: FieldProps & { outcomes: readonly string[] }) {
  const editor = useEditor();
  const id = useId();
  const { document, task, frozen } = useFields();
  const graph = tasksOf(document);
  const found = task === null ? null : graph.find(task.split("/"));
  if (!found) return null;
  const around = found.parent?.path ?? [];
  const named = new Set(found.needs.map(({ name }) => name));
  const others = graph
    .siblings(found.parent)
    .map(({ name }) => name)
    .filter((name) => name !== found.name && !named.has(name));
  const implied = impliedBy(found, graph).filter((name) => !named.has(name));
  const set = (name: string, on: Outcome) =>
    editor.edit((draft) => setEdge(draft, { from: [...around, name], to: found.path }, on));
  const remove = (name: string) =>
    editor.edit((draft) => removeEdge(draft, { from: [...around, name], to: found.path }));
  return (
    <div className="field" data-field={field.name} role="group" aria-labelledby={id}>
      <div className="label">
        <span id={id}>{field.title}</span>
        <Help brief={briefHelp(field.help)} whole={field.help} />
      </div>
      <div className="needs">
        {found.needs.map(({ name, on }) => (
          <NeedMenu
            key={name}
            name={name}
            on={on}
            outcomes={outcomes}
            frozen={frozen}
            onOutcome={(outcome) => set(name, outcome as Outcome)}
            onRemove={() => remove(name)}
          />
        ))}
        {implied.map((name) => (
          <span key={name} className="pill pill-implied" title="an expression reads it">
            <code>{name}</code>
            <span className="faint">read</span>
          </span>
        ))}
        {others.length > 0 && (
          <TaskMenu names={others} frozen={frozen} onName={(name) => set(name, "succeeded")}>
            <Icon name="plus" />
            Add <span className="sr">a task that it needs</span>
          </TaskMenu>
        )}
        {others.length === 0 && named.size === 0 && <span className="small faint">no other tasks here</span>}
      </div>
    </div>
  );
}

type Graph = ReturnType<typeof tasksOf>;
type Found = NonNullable<ReturnType<Graph["find"]>>;

/** Siblings that its expressions read, and so has to wait for. */
function impliedBy(task: Found, graph: Graph): string[] {
  const siblings = graph.siblings(task.parent);
  const inside = graph.all.filter((one) => task.path.every((name, at) => one.path[at] === name));
  const read = inside.flatMap((reader) =>
    reader.expressions.flatMap(({ mentions }) =>
      mentions.flatMap((mention) => graph.chain(reader, mention)[0]?.task ?? []),
    ),
  );
  return siblings.filter((one) => one !== task && read.includes(one)).map(({ name }) => name);
}
