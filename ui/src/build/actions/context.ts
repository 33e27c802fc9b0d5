// What an action may look at and do.

import { tasksOf } from "../../edit/tasks";
import { type DrawnNode, isOwn } from "../../graph/called";
import type { Action } from "../action";
import { brokenAt } from "../broken";
import type { FlowEditor } from "../context";
import { pathOf } from "../editor";
import { outermost } from "../edits";
import type { BuildView } from "../view";

export interface BuildContext {
  readonly editor: FlowEditor;
  readonly view: BuildView;
  /** goes to the Build tab of another flow */
  readonly openFlow: (flow: string) => void;
  /** moves the focus to the next part of the tab, or to the one before */
  readonly goToPart: (by: 1 | -1) => void;
  /** puts text into the clipboard, and takes it from there */
  readonly clipboard: {
    readonly write: (text: string) => void;
    readonly read: (then: (text: string) => void) => void;
  };
}

export type BuildAction = Action<BuildContext>;

/** Why the text cannot be changed from the canvas; `null`: it can be. */
export function locked({ editor }: BuildContext): string | null {
  const snapshot = editor.snapshot();
  const broken = snapshot.document.failure ? brokenAt(snapshot) : null;
  return broken && `line ${broken.line} cannot be read: ${broken.message}`;
}

export function selection({ editor }: BuildContext): readonly string[] {
  return outermost(editor.snapshot().selection);
}

/** The one selected task; `null`: none, or several. */
export function single(context: BuildContext): string | null {
  const paths = selection(context);
  return paths.length === 1 ? (paths[0] ?? null) : null;
}

/** For what is done to the selected tasks. */
export function needsTasks(context: BuildContext): string | null {
  return selection(context).length === 0 ? "no task is selected" : (foreign(context) ?? locked(context));
}

/** For what is done to one task. */
export function needsTask(context: BuildContext): string | null {
  if (single(context) === null) return "one task is to be selected";
  return foreign(context) ?? locked(context);
}

/** Why what is selected cannot be changed: it is drawn here, and belongs to another flow. */
export function foreign(context: BuildContext): string | null {
  const path = selection(context).find((one) => !isOwn(one));
  if (path === undefined) return null;
  const flow = nodeOf(context, path)?.called?.flow;
  return flow ? `it belongs to the flow \`${flow}\`, and is changed there` : "it belongs to another flow";
}

export function taskOf({ editor }: BuildContext, path: string) {
  return tasksOf(editor.snapshot().document).find(pathOf(path));
}

export function nodeOf({ editor, view }: BuildContext, path: string): DrawnNode | null {
  const graph = isOwn(path) ? editor.snapshot().graph : view.state().drawn;
  return graph?.nodes.find((node) => node.path === path) ?? null;
}
