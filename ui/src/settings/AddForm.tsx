// A new name with its value.

import { useState } from "react";
import { Icon } from "../parts/Icon";

export function AddForm({
  noun,
  valueLabel,
  save = "Add",
  secret = false,
  onAdd,
}: {
  noun: string;
  valueLabel: string;
  save?: string;
  secret?: boolean;
  onAdd: (name: string, value: string) => void;
}) {
  const [open, setOpen] = useState(false);
  const [name, setName] = useState("");
  const [value, setValue] = useState("");
  if (!open)
    return (
      <button type="button" className="btn btn-s add" onClick={() => setOpen(true)}>
        <Icon name="plus" />
        Add {noun}
      </button>
    );
  return (
    <form
      className="adding"
      onSubmit={(event) => {
        event.preventDefault();
        onAdd(name.trim(), value);
        setName("");
        setValue("");
        setOpen(false);
      }}
      onKeyDown={(event) => event.key === "Escape" && setOpen(false)}
    >
      <label className="input">
        <input
          // biome-ignore lint/a11y/noAutofocus: it takes the place of the button that was pressed.
          autoFocus
          className="mono"
          placeholder="NAME"
          aria-label="Name"
          autoComplete="off"
          spellCheck={false}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      </label>
      <label className="input">
        <input
          type={secret ? "password" : "text"}
          placeholder={valueLabel}
          aria-label={valueLabel}
          autoComplete="off"
          spellCheck={false}
          value={value}
          onChange={(event) => setValue(event.target.value)}
        />
      </label>
      <button type="submit" className="btn btn-s btn-tint" disabled={name.trim() === "" || value === ""}>
        {save}
      </button>
      <button
        type="button"
        className="btn btn-s btn-icon btn-ghost"
        aria-label="Add nothing"
        onClick={() => setOpen(false)}
      >
        <Icon name="x" />
      </button>
    </form>
  );
}
