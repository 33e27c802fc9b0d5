// What can be done with what was pressed, at the place where it was pressed.

import { DropdownMenu } from "radix-ui";
import { Icon } from "../parts/Icon";
import { Keys } from "../shell/Keys";
import { shown } from "./action";
import { ACTIONS, type BuildAction, type BuildContext } from "./actions";
import { focusWork } from "./focus";
import { useBuildView, useViewed } from "./view";

/** What each menu offers, in its groups. */
const MENUS: Record<"task" | "called" | "edge" | "ground", readonly (readonly string[])[]> = {
  task: [
    ["fold", "open-flow", "rename", "map", "add-next"],
    ["connect", "edges"],
    ["cut", "copy", "paste", "duplicate"],
    ["group", "ungroup", "move-in", "move-out", "lay-out"],
    ["delete"],
  ],
  called: [["open-flow", "fold"]],
  edge: [["edge-succeeded", "edge-failed", "edge-finished"], ["delete"]],
  ground: [
    ["add", "paste", "note"],
    ["select-all", "lay-out", "fit"],
  ],
};

export function ContextMenu({ context }: { context: BuildContext }) {
  const view = useBuildView();
  const menu = useViewed((state) => state.menu);
  if (!menu) return null;
  const close = () => view.set({ menu: null });
  return (
    <DropdownMenu.Root open modal={false} onOpenChange={(open) => !open && close()}>
      <DropdownMenu.Trigger asChild>
        <span className="menu-anchor" style={{ left: menu.x, top: menu.y }} />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          className="menu"
          align="start"
          aria-label="What can be done"
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            const { renaming, adding, connecting, edgesOf } = view.state();
            if ([renaming, adding, connecting, edgesOf].every((one) => one === null)) focusWork();
          }}
        >
          {MENUS[menu.of].map((ids, at) => (
            <MenuGroup key={ids[0]} ids={ids} context={context} divides={at > 0} />
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function MenuGroup({
  ids,
  context,
  divides,
}: {
  ids: readonly string[];
  context: BuildContext;
  divides: boolean;
}) {
  const actions = shown(
    ids.flatMap((id) => ACTIONS.filter((action) => action.id === id)),
    context,
  );
  if (actions.length === 0) return null;
  return (
    <DropdownMenu.Group>
      {divides && <DropdownMenu.Separator className="menu-line" />}
      {actions.map((action) => (
        <MenuItem key={action.id} action={action} context={context} />
      ))}
    </DropdownMenu.Group>
  );
}

function MenuItem({ action, context }: { action: BuildAction; context: BuildContext }) {
  const unable = action.unable(context);
  const { edge } = context.view.state();
  return (
    <DropdownMenu.Item
      className="menu-item"
      disabled={unable !== null}
      {...(unable ? { title: unable } : {})}
      onSelect={() => action.run(context)}
    >
      {action.label(context)}
      {action.id === `edge-${edge?.on}` && <Icon name="check" />}
      <span className="menu-keys">{action.keys && <Keys keys={action.keys} />}</span>
    </DropdownMenu.Item>
  );
}
