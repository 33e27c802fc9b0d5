// What can be done to a flow while it is edited, each as one object that keys, menus, the palette and buttons
// share. Whoever shows one asks whether it can be done now, and why not.

import type { IconName } from "../parts/Icon";

export type ActionGroup = "Edit" | "Task" | "Edge" | "Selection" | "View" | "Try" | "File";

export interface Action<Context> {
  readonly id: string;
  readonly group: ActionGroup;
  /** what it does, as a menu says it: `Duplicate` */
  readonly label: (context: Context) => string;
  /** as the shortcut sheet writes it: `Mod D`; none: it has no key */
  readonly keys?: string;
  /** other keys that do it too */
  readonly more?: readonly string[];
  /** where the keys hold: on the canvas and in its list (the rule), only on the canvas, on the whole page; `event`:
   * the browser says what was pressed, as with the clipboard */
  readonly where?: "work" | "canvas" | "page" | "event";
  readonly icon?: IconName;
  /** `null`: it can be done; else why not, in a few words; `false`: it makes no sense here, and is not shown */
  readonly unable: (context: Context) => string | null | false;
  readonly run: (context: Context) => void;
}

/** The actions that make sense now. */
export function shown<Context>(
  actions: readonly Action<Context>[],
  context: Context,
): readonly Action<Context>[] {
  return actions.filter((action) => action.unable(context) !== false);
}

/** Does an action if it can be done; whether it could. */
export function perform<Context>(action: Action<Context>, context: Context): boolean {
  if (action.unable(context) !== null) return false;
  action.run(context);
  return true;
}
