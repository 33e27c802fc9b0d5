// Several tasks at once: how many, which, and what can be done to all of them in one step.

import { tasksOf } from "../../edit/tasks";
import { count } from "../../parts/format";
import { Icon, kindIcon } from "../../parts/Icon";
import { Keys } from "../../shell/Keys";
import { shown } from "../action";
import { actionOf } from "../actions";
import { useEditor } from "../context";
import { pathOf } from "../editor";
import { attemptAction, useBuildContext } from "../useBuildContext";
import { kindOf, useReadable } from "./FormScope";

/** What is done to all of them in one step, as on the canvas. */
const TOGETHER = ["duplicate", "group", "copy", "cut", "lay-out", "delete"];

export function SeveralPanel({ paths }: { paths: readonly string[] }) {
  const editor = useEditor();
  const { document } = useReadable();
  const tasks = paths.map(pathOf);
  const kinds = tally(tasks.map((task) => kindOf(document, task) ?? "none"));
  const graph = tasksOf(document);
  const common = graph
    .find(tasks[0] ?? [])
    ?.keys.filter((key) => tasks.every((task) => graph.find(task)?.has(key)));
  const context = useBuildContext();
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
            {shown(TOGETHER.map(actionOf), context).map((action) => (
              <button
                key={action.id}
                type="button"
                className="btn btn-s"
                title={action.unable(context) || undefined}
                disabled={action.unable(context) !== null}
                onClick={() => attemptAction(action, context)}
              >
                {action.label(context)}
                {action.keys && <Keys keys={action.keys} />}
              </button>
            ))}
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
