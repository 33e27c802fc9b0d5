// A field: its name, its editor, what is wrong with it, what it gives.

import { useId } from "react";
import type { ValuePath } from "../../edit/value";
import { Icon } from "../../parts/Icon";
import { Said } from "../../parts/Said";
import { signOf } from "../../parts/severity";
import { useFields } from "./fields";
import type { Control, Field } from "./form";
import { Help } from "./Help";
import { Input } from "./Inputs";
import { briefHelp, Labelled, useHint } from "./Labelled";
import { ListField } from "./ListField";
import { MapField } from "./MapField";
import { NeedsField } from "./NeedsField";
import { RecordField } from "./RecordField";
import { shownCode, writtenCode } from "./text";
import { useField, type Writing } from "./useField";

export interface FieldProps {
  readonly path: ValuePath;
  readonly field: Field;
  /** keys beside it that it takes the place of */
  readonly excluded?: readonly string[];
}

export function FieldView(props: FieldProps) {
  const { control } = props.field;
  switch (control.is) {
    case "switch":
      return <SwitchField {...props} off={control.off} />;
    case "record":
      return <RecordField {...props} control={control} />;
    case "list":
      return <ListField {...props} item={control.item} />;
    case "map":
      return <MapField {...props} item={control.item} />;
    case "needs":
      return <NeedsField {...props} outcomes={control.outcomes} />;
    case "tasks":
      return null;
    default:
      return <ValueField {...props} />;
  }
}

/** A field whose value one editor holds. */
export function ValueField({ path, field, excluded }: FieldProps) {
  const { control } = field;
  const edited = useField(path, control, { excluded, ...codeWriting(control) });
  const hint = useHint(path, field);
  return (
    <Labelled field={field} edited={edited} note={hint.note} sees={seesOf(control)}>
      {(naming) => <Input control={control} naming={naming} edited={edited} hint={hint.text} />}
    </Labelled>
  );
}

/** Code's last line break is neither shown nor typed. */
function codeWriting(control: Control): Writing {
  if (control.is !== "code") return {};
  return {
    shown: shownCode,
    // An empty script is one: the task keeps its kind.
    read: (text) => ({ value: writtenCode(text) }),
  };
}

function seesOf(control: Control): readonly string[] {
  return control.is === "code" ? control.sees : [];
}

/** What a switch is on for, without what holds by default: that is what it shows. */
function onMeans(help: string): string {
  return briefHelp(help.replace(/; by default \w+\.?$/, ""));
}

/** On or off, with what it means beside it. */
export function SwitchField({ path, field, excluded, off }: FieldProps & { off: false | null }) {
  const id = useId();
  const edited = useField(path, field.control, { excluded });
  const { inherited } = useFields();
  const from = inherited(path);
  const isOnByDefault = from !== null && from !== "false";
  // Where a map says more of what is on, it is on.
  const on = edited.value === undefined ? isOnByDefault : edited.value !== null && edited.value !== false;
  const flip = () => {
    if (!on) edited.onValue(true);
    // Where the default is on, off is said; elsewhere nothing says it.
    else if (off === false && isOnByDefault) edited.onValue(false);
    else edited.onClear();
  };
  return (
    <div className="field" data-field={field.name}>
      <div className="fld-switch">
        <button
          type="button"
          role="switch"
          id={id}
          aria-checked={on}
          aria-label={field.title}
          aria-describedby={`${id}-about`}
          className={`switch ${on ? "on" : ""}`}
          disabled={edited.frozen}
          onClick={flip}
        />
        <label htmlFor={id}>{field.title}</label>
        <span id={`${id}-about`} className="sr">
          {field.help}
        </span>
        <Help brief={onMeans(field.help)} whole={field.help} />
        {from !== null && edited.value === undefined && (
          <span className="small faint switch-note">from defaults</span>
        )}
      </div>
      {edited.problem !== null && (
        <p className={`problem is-${edited.severity}`}>
          <Icon name={signOf(edited.severity)} className="i-14" />
          <span>
            <Said text={edited.problem} />
          </span>
        </p>
      )}
    </div>
  );
}
