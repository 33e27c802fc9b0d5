// One task: how it stands, how it is tried, and its form.

import { Tabs } from "radix-ui";
import { tasksOf } from "../../edit/tasks";
import { pathOf } from "../editor";
import type { Forms } from "../fields/form";
import { TryBar } from "../trying/TryBar";
import { DocsTab } from "./DocsTab";
import { FormScope, kindOf, useReadable } from "./FormScope";
import { LastRunTab } from "./LastRunTab";
import { OptionsTab } from "./OptionsTab";
import { TaskHead } from "./TaskHead";
import { TaskTabBody } from "./TaskTabBody";

export type TaskTab = "task" | "options" | "last" | "docs";

interface Props {
  flow: string;
  /** its path: `group/inner` */
  task: string;
  forms: Forms;
  tab: TaskTab;
  onTab: (tab: TaskTab) => void;
}

export function TaskPanel({ flow, task, forms, tab, onTab }: Props) {
  const { document } = useReadable();
  const path = pathOf(task);
  const found = tasksOf(document).find(path);
  if (!found) return null;
  const kind = kindOf(document, path);
  const set = found.keys.filter((key) => document.language.options.has(key)).length;
  return (
    <FormScope flow={flow} task={task} forms={forms}>
      <Tabs.Root className="panel-all" value={tab} onValueChange={(value) => onTab(value as TaskTab)}>
        <header className="insp-h">
          <TaskHead flow={flow} task={task} kind={kind} forms={forms} />
          <TryBar key={task} flow={flow} task={task} />
          <Tabs.List className="tabs tabs-s" aria-label="About the task">
            <Tabs.Trigger value="task">Task</Tabs.Trigger>
            <Tabs.Trigger value="options">
              Options {set > 0 && <span className="n">{set} set</span>}
            </Tabs.Trigger>
            <Tabs.Trigger value="last">Last run</Tabs.Trigger>
            <Tabs.Trigger value="docs">Docs</Tabs.Trigger>
          </Tabs.List>
        </header>
        <Tabs.Content className="panel-b scroll" value="task" tabIndex={-1}>
          <TaskTabBody flow={flow} task={task} kind={kind} forms={forms} />
        </Tabs.Content>
        <Tabs.Content className="panel-b scroll" value="options" tabIndex={-1}>
          <OptionsTab task={task} forms={forms} />
        </Tabs.Content>
        <Tabs.Content className="panel-b scroll" value="last">
          <LastRunTab flow={flow} task={task} />
        </Tabs.Content>
        <Tabs.Content className="panel-b scroll" value="docs">
          <DocsTab kind={kind} forms={forms} />
        </Tabs.Content>
      </Tabs.Root>
    </FormScope>
  );
}
