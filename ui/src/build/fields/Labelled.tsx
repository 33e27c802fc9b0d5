// A field's name, what helps, what is wrong with it, and what its value gives, around its editor.

import { type ReactNode, useId, useState } from "react";
import type { ValuePath } from "../../edit/value";
import { Icon } from "../../parts/Icon";
import { Said } from "../../parts/Said";
import { signOf } from "../../parts/severity";
import { useFields } from "./fields";
import { type Field, isEvaluated, isNarrow } from "./form";
import { Help } from "./Help";
import type { Naming } from "./Inputs";
import { Preview } from "./Preview";
import type { EditedField } from "./useField";

/** What stands in an empty field: what holds without it. */
export function useHint(path: ValuePath, field: Field): { text: string | undefined; note: string | null } {
  const { inherited } = useFields();
  const from = inherited(path);
  if (from !== null) return { text: from, note: "from defaults" };
  return { text: field.fallback ?? undefined, note: field.required ? "needed" : null };
}

export function Labelled({
  field,
  edited,
  note,
  sees = [],
  bare = false,
  children,
}: {
  field: Field;
  edited: EditedField;
  note: string | null;
  sees?: readonly string[];
  /** without a line for its name, which stands elsewhere */
  bare?: boolean;
  children: (naming: Naming) => ReactNode;
}) {
  const id = useId();
  const naming = { id, labelled: `${id}-label`, described: `${id}-about` };
  const [focused, setFocused] = useState(false);
  const isSet = edited.value !== undefined;
  // What is half typed is not called wrong.
  const problem = focused ? null : edited.problem;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only sees whether the editor in it has the focus.
    <div
      className={`field ${problem === null ? "" : `has-problem has-${edited.severity}`} ${isNarrow(field.control) ? "is-narrow" : ""}`}
      data-field={field.name}
      onFocus={(event) => setFocused(event.target.closest(".clear") === null)}
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) setFocused(false);
      }}
    >
      <div className={`label ${bare ? "sr" : ""}`}>
        <label htmlFor={id} id={naming.labelled}>
          {field.title}
        </label>
        {note !== null && !isSet && <span className="opt"> {note}</span>}
        {!(isNarrow(field.control) && note !== null && !isSet) && (
          <Help
            brief={sees.length === 0 ? briefHelp(field.help) : `sees \`${sees.join(" ")}\``}
            whole={field.help}
          />
        )}
        {isSet && !edited.frozen && !bare && <Clear title={field.title} onClear={edited.onClear} />}
      </div>
      {children(naming)}
      <div id={naming.described}>
        <span className="sr">{field.help}</span>
        {problem !== null && (
          <p className={`problem is-${edited.severity}`}>
            <Icon name={signOf(edited.severity)} className="i-14" />
            <span>
              <Said text={problem} />
            </span>
          </p>
        )}
      </div>
      {problem === null && isEvaluated(field.control) && <Preview value={edited.value} typing={focused} />}
    </div>
  );
}

function Clear({ title, onClear }: { title: string; onClear: () => void }) {
  return (
    <button
      type="button"
      className="clear"
      aria-label={`Clear ${title}`}
      title="Clear: the default holds"
      onClick={onClear}
    >
      <Icon name="x" className="i-12" />
    </button>
  );
}

/** The first thing that a description says, in a line's length. */
export function briefHelp(help: string): string {
  const first = help.replace(/; by default .*|\. By default .*/s, "");
  return first.replace(/\.$/, "").replace(/^./, (letter) => letter.toLowerCase());
}
