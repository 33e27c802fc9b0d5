// What is done to tasks and to the edges between them.

import type { Outcome } from "../../edit/tasks";
import { calledFlow, callsFlow, isOwn } from "../../graph/called";
import {
  connect,
  groupSelected,
  isGroup,
  moveInto,
  nameOf,
  parentOf,
  reorder,
  setMapped,
  ungroupSelected,
} from "../edits";
import { isFolded, turned } from "../layout";
import {
  type BuildAction,
  locked,
  needsTask,
  needsTasks,
  nodeOf,
  selection,
  single,
  taskOf,
} from "./context";

/** What the outcomes are called where one is chosen. */
export const OUTCOMES: readonly { on: Outcome; label: string }[] = [
  { on: "succeeded", label: "when it succeeded" },
  { on: "failed", label: "when it failed" },
  { on: "finished", label: "when it finished, however" },
];

export const TASK_ACTIONS: readonly BuildAction[] = [
  {
    id: "add",
    group: "Task",
    label: () => "Add a task",
    keys: "Tab",
    more: ["A"],
    where: "canvas",
    icon: "plus",
    unable: locked,
    run: ({ view }) => view.set({ adding: { from: null, at: null } }),
  },
  {
    id: "add-next",
    group: "Task",
    label: () => "Add the next task, connected",
    keys: "N",
    unable: needsTask,
    run: (context) => {
      const path = single(context);
      if (path !== null) context.view.set({ adding: { from: { path, on: "succeeded" }, at: null } });
    },
  },
  {
    id: "add-on-failure",
    group: "Task",
    label: () => "Add what runs when it failed",
    keys: "X",
    unable: needsTask,
    run: (context) => {
      const path = single(context);
      if (path !== null) context.view.set({ adding: { from: { path, on: "failed" }, at: null } });
    },
  },
  {
    id: "rename",
    group: "Task",
    label: () => "Rename",
    keys: "F2",
    unable: needsTask,
    run: (context) => context.view.set({ renaming: single(context) }),
  },
  {
    id: "map",
    group: "Task",
    label: (context) => (isMapped(context) ? "Run once, not for each item" : "Run for each item"),
    keys: "M",
    unable: needsTask,
    run: (context) => {
      const path = single(context);
      if (path !== null) setMapped(context.editor, path, !isMapped(context));
    },
  },
  {
    id: "group",
    group: "Task",
    label: () => "Group",
    keys: "Mod G",
    icon: "group",
    unable: needsTasks,
    run: ({ editor, view }) => {
      const group = groupSelected(editor);
      if (group !== null) view.set({ renaming: group });
    },
  },
  {
    id: "ungroup",
    group: "Task",
    label: () => "Ungroup",
    keys: "Mod Shift G",
    unable: (context) => {
      const { document } = context.editor.snapshot();
      const hasGroup = selection(context).some((path) => isGroup(document, path));
      return hasGroup ? locked(context) : "no group is selected";
    },
    run: ({ editor }) => ungroupSelected(editor),
  },
  {
    id: "move-out",
    group: "Task",
    label: () => "Move out of its group",
    keys: "Alt ArrowLeft",
    unable: (context) => {
      const path = selection(context)[0];
      if (path === undefined || parentOf(path) === "") return "no task in a group is selected";
      return needsTasks(context);
    },
    run: (context) => {
      const paths = selection(context);
      const group = parentOf(paths[0] ?? "");
      moveInto(context.editor, paths, parentOf(group));
    },
  },
  {
    id: "move-in",
    group: "Task",
    label: () => "Move into the group above",
    keys: "Alt ArrowRight",
    unable: (context) => (groupAbove(context) === null ? "no group stands above it" : needsTask(context)),
    run: (context) => {
      const group = groupAbove(context);
      if (group !== null) moveInto(context.editor, selection(context), group);
    },
  },
  {
    id: "move-up",
    group: "Task",
    label: () => "Move up in the file",
    keys: "Alt ArrowUp",
    unable: needsTask,
    run: (context) => reorder(context.editor, single(context) ?? "", -1),
  },
  {
    id: "move-down",
    group: "Task",
    label: () => "Move down in the file",
    keys: "Alt ArrowDown",
    unable: needsTask,
    run: (context) => reorder(context.editor, single(context) ?? "", 1),
  },
  {
    id: "fold",
    group: "Task",
    label: (context) => {
      const task = foldable(context);
      if (!task) return "Open or fold the group, or the flow that is called";
      const noun = task.kind === "flow" ? "flow" : "group";
      if (!isFolded(context.editor.snapshot().layout, task)) return `Fold the ${noun}`;
      return task.kind === "flow" ? "Open the flow here, as it is" : "Open the group";
    },
    keys: "Space",
    unable: (context) => (foldable(context) ? null : false),
    run: (context) => {
      const task = foldable(context);
      if (task) context.editor.fold((layout) => turned(layout, task));
    },
  },
  {
    id: "open-flow",
    group: "Task",
    label: (context) => `Open the flow ${subflow(context) ?? ""}`,
    keys: "O",
    icon: "flows",
    unable: (context) => (subflow(context) === null ? false : null),
    run: (context) => {
      const flow = subflow(context);
      if (flow !== null) context.openFlow(flow);
    },
  },
  {
    id: "connect",
    group: "Edge",
    label: () => "Connect to…",
    keys: "C",
    unable: needsTask,
    run: (context) => context.view.set({ connecting: single(context) }),
  },
  {
    id: "edges",
    group: "Edge",
    label: () => "Edges…",
    keys: "E",
    unable: needsTask,
    run: (context) => context.view.set({ edgesOf: single(context) }),
  },
  ...OUTCOMES.map(
    ({ on, label }, at): BuildAction => ({
      id: `edge-${on}`,
      group: "Edge",
      label: () => `Edge: ${label}`,
      keys: String(at + 1),
      unable: (context) => (context.view.state().edge ? locked(context) : false),
      run: ({ editor, view }) => {
        const { edge } = view.state();
        if (edge && connect(editor, edge.from, edge.to, on))
          view.set({ edge: { ...edge, on, implied: false } });
      },
    }),
  ),
];

function isMapped(context: Parameters<BuildAction["run"]>[0]): boolean {
  const path = single(context);
  return path !== null && (taskOf(context, path)?.isMapped ?? false);
}

/** The selected task, if it is a group or calls a flow. */
function foldable(context: Parameters<BuildAction["run"]>[0]): { path: string; kind: string } | null {
  const path = single(context);
  if (path === null) return null;
  // The text may be newer than what is drawn of it.
  if (isOwn(path) && isGroup(context.editor.snapshot().document, path)) return { path, kind: "tasks" };
  const node = nodeOf(context, path);
  return node && (callsFlow(node) || node.kind === "tasks") ? node : null;
}

/** The flow that the selected task runs, where the file names one; of a task of another flow, that flow. */
function subflow(context: Parameters<BuildAction["run"]>[0]): string | null {
  const path = single(context);
  const node = path === null ? null : nodeOf(context, path);
  if (!node) return null;
  return node.called ? node.called.flow || null : calledFlow(node);
}

/** The nearest group before the selected task, among its siblings. */
function groupAbove(context: Parameters<BuildAction["run"]>[0]): string | null {
  const path = single(context);
  if (path === null) return null;
  const task = taskOf(context, path);
  const { document } = context.editor.snapshot();
  const parent = parentOf(path);
  const names =
    document.tasksIn(parent === "" ? [] : parent.split("/"))?.entries.map((entry) => entry.name) ?? [];
  const before = task ? names.slice(0, names.indexOf(nameOf(path))) : [];
  const group = before.findLast((name) => isGroup(document, parent === "" ? name : `${parent}/${name}`));
  if (group === undefined) return null;
  return parent === "" ? group : `${parent}/${group}`;
}
