// A value that is shown until it is pressed, then typed.

import { type ReactNode, useState } from "react";
import { Icon } from "../parts/Icon";

export function Editor({
  shown,
  value,
  label,
  action = "Change",
  save = "Save",
  secret = false,
  onSave,
}: {
  shown: ReactNode;
  value: string;
  label: string;
  action?: string;
  save?: string;
  /** not shown while it is typed */
  secret?: boolean;
  onSave: (text: string) => void;
}) {
  const [typed, setTyped] = useState<string | null>(null);
  if (typed === null)
    return (
      <>
        <span className="cut">{shown}</span>
        <button
          type="button"
          className="btn btn-s"
          aria-label={`${action} ${label}`}
          onClick={() => setTyped(value)}
        >
          {action}
        </button>
      </>
    );
  return (
    <form
      className="editing"
      onSubmit={(event) => {
        event.preventDefault();
        onSave(typed);
        setTyped(null);
      }}
    >
      <div className="input">
        <input
          // biome-ignore lint/a11y/noAutofocus: it takes the place of the button that was pressed.
          autoFocus
          type={secret ? "password" : "text"}
          autoComplete="off"
          spellCheck={false}
          aria-label={label}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          onKeyDown={(event) => event.key === "Escape" && setTyped(null)}
        />
      </div>
      <button type="submit" className="btn btn-s btn-tint" disabled={typed === ""}>
        {save}
      </button>
      <button
        type="button"
        className="btn btn-s btn-icon btn-ghost"
        aria-label="Leave as it is"
        onClick={() => setTyped(null)}
      >
        <Icon name="x" />
      </button>
    </form>
  );
}
