// A button with a list under it, of which one or several may be chosen.

import { DropdownMenu } from "radix-ui";
import type { ReactNode } from "react";
import { Icon, type IconName } from "./Icon";

export interface Choice {
  value: string;
  label: ReactNode;
}

interface Props {
  icon: IconName;
  /** what is chosen, in words */
  text: ReactNode;
  /** what the button is, for who cannot see it */
  label: string;
  /** whether it narrows anything */
  set: boolean;
  choices: readonly Choice[];
  chosen: readonly string[];
  onChoose: (value: string) => void;
  /** the menu stays open for the next */
  several?: boolean;
}

export function Menu({ icon, text, label, set, choices, chosen, onChoose, several = false }: Props) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger className={`input ${set ? "is-set" : ""}`}>
        <Icon name={icon} />
        <span className="sr">{label}: </span>
        <span className="cut">{text}</span>
        <Icon name="down" className="chev" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu scroll" align="start" sideOffset={4}>
          {choices.map(({ value, label: shown }) => (
            <DropdownMenu.CheckboxItem
              key={value}
              className="menu-item"
              checked={chosen.includes(value)}
              onCheckedChange={() => onChoose(value)}
              onSelect={(event) => {
                if (several) event.preventDefault();
              }}
            >
              {shown}
              <DropdownMenu.ItemIndicator className="mark-on">
                <Icon name="check" />
              </DropdownMenu.ItemIndicator>
            </DropdownMenu.CheckboxItem>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
