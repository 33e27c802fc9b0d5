// Several tasks at once: how many, which, and what can be done to all of them in one step.

import { duplicateTasks } from "../../edit/clipboard";
import type { Draft } from "../../edit/draft";
import { freeName } from "../../edit/name";
import { groupTasks } from "../../edit/regroup";
import { removeTasks } from "../../edit/removeTasks";
import { tasksOf } from "../../edit/tasks";
import { count } from "../../parts/format";
import { Icon, kindIcon } from "../../parts/Icon";
import { useEditor } from "../context";
import { pathOf } from "../editor";
import { kindOf, useReadable } from "./FormScope";

export function SeveralPanel({ paths }: { paths: readonly string[] }) {
  const editor = useEditor();
  const { document, frozen } = useReadable();
  const tasks = paths.map(pathOf);
  const kinds = tally(tasks.map((task) => kindOf(document, task) ?? "none"));
  const graph = tasksOf(document);
  const common = graph
    .find(tasks[0] ?? [])
    ?.keys.filter((key) => tasks.every((task) => graph.find(task)?.has(key)));
  const parent = tasks[0]?.slice(0, -1) ?? [];
  const areSiblings = tasks.every((task) => task.slice(0, -1).join("/") === parent.join("/"));
  const act = (label: string, make: (draft: Draft) => void, able = true) => (
    <button type="button" className="btn btn-s" disabled={frozen || !able} onClick={() => editor.edit(make)}>
      {label}
    </button>
  );
  const groupName = () =>
    freeName("group", new Set(document.tasksIn(parent)?.entries.map(({ name }) => name)));
  return (
    <>
      <header className="panel-h">
        <Icon name="group" />
        <h2>{count(paths.length, "task")}</h2>
        <span className="faint cut">{kinds}</span>
      </header>
      <div className="panel-b scroll">
        <section className="sect" aria-label="Together">
          <div className="several-acts">
            {act("Duplicate", (draft) => duplicateTasks(draft, tasks))}
            {act("Group", (draft) => groupTasks(draft, tasks, groupName()), areSiblings)}
            {act("Delete", (draft) => removeTasks(draft, tasks))}
          </div>
          {common && common.length > 0 && (
            <p className="small faint">
              all have{" "}
              {common.map((key, at) => (
                <span key={key}>
                  {at > 0 && ", "}
                  <code>{key}</code>
                </span>
              ))}
            </p>
          )}
        </section>
        <ul className="sect several" aria-label="The selected tasks">
          {paths.map((path) => (
            <li key={path}>
              <button type="button" className="fold" onClick={() => editor.select([path])}>
                <Icon name={kindIcon(kindOf(document, pathOf(path)) ?? "")} />
                <code className="cut">{path}</code>
              </button>
            </li>
          ))}
        </ul>
      </div>
    </>
  );
}

function tally(kinds: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, n]) => `${n} ${kind}`).join(", ");
}
