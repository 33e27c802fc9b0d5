// Everything that can be done while a flow is edited.

import type { BuildAction } from "./context";
import { EDIT_ACTIONS } from "./edit";
import { VIEW_ACTIONS } from "./selection";
import { TASK_ACTIONS } from "./task";

export type { BuildAction, BuildContext } from "./context";

export const ACTIONS: readonly BuildAction[] = [...TASK_ACTIONS, ...EDIT_ACTIONS, ...VIEW_ACTIONS];

export function actionOf(id: string): BuildAction {
  const found = ACTIONS.find((action) => action.id === id);
  if (!found) throw new Error(`there is no action ${id}`);
  return found;
}
