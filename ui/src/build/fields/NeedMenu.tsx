// The menus of what a task waits for.

import { DropdownMenu } from "radix-ui";
import type { ReactNode } from "react";
import { Icon } from "../../parts/Icon";

export function NeedMenu({
  name,
  on,
  outcomes,
  frozen,
  onOutcome,
  onRemove,
}: {
  name: string;
  on: string;
  outcomes: readonly string[];
  frozen: boolean;
  onOutcome: (outcome: string) => void;
  onRemove: () => void;
}) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger className={`pill pill-${on}`} disabled={frozen}>
        <code>{name}</code> <span className="faint">{on}</span>
        <Icon name="down" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu scroll" align="start" sideOffset={4}>
          <DropdownMenu.RadioGroup value={on} onValueChange={onOutcome}>
            {outcomes.map((outcome) => (
              <DropdownMenu.RadioItem key={outcome} className="menu-item" value={outcome}>
                {outcome}
                <DropdownMenu.ItemIndicator className="mark-on">
                  <Icon name="check" />
                </DropdownMenu.ItemIndicator>
              </DropdownMenu.RadioItem>
            ))}
          </DropdownMenu.RadioGroup>
          <DropdownMenu.Item className="menu-item" onSelect={onRemove}>
            Remove
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

export function TaskMenu({
  names,
  frozen,
  onName,
  children,
}: {
  names: readonly string[];
  frozen: boolean;
  onName: (name: string) => void;
  children: ReactNode;
}) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger className="btn btn-ghost btn-s" disabled={frozen}>
        {children}
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu scroll" align="start" sideOffset={4}>
          {names.map((name) => (
            <DropdownMenu.Item key={name} className="menu-item mono" onSelect={() => onName(name)}>
              {name}
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
