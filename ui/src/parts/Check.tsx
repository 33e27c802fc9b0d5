import type { MouseEvent } from "react";
import { Icon } from "./Icon";

/** A box that is ticked or not, or half where it stands for several. */
export function Check({
  on,
  label,
  onChange,
  tabIndex,
}: {
  on: boolean | "some";
  label: string;
  onChange: (on: boolean, event: MouseEvent) => void;
  tabIndex?: number;
}) {
  return (
    <button
      type="button"
      role="checkbox"
      aria-checked={on === "some" ? "mixed" : on}
      aria-label={label}
      tabIndex={tabIndex}
      className={`check ${on === false ? "" : "on"}`}
      onClick={(event) => {
        event.stopPropagation();
        onChange(on !== true, event);
      }}
    >
      {on !== false && <Icon name={on === "some" ? "minus" : "check"} />}
    </button>
  );
}
