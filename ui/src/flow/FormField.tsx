// One parameter in the form.

import { useId } from "react";
import { brief } from "../parts/format";
import { Icon } from "../parts/Icon";
import { Markdown } from "../parts/Markdown";
import { Said } from "../parts/Said";
import type { Field } from "./schemaForm";

interface Props {
  field: Field;
  text: string;
  problem: string | null;
  /** gets the focus */
  first: boolean;
  onText: (text: string) => void;
}

export function FormField({ field, text, problem, first, onText }: Props) {
  const id = useId();
  const described = `${id}-about`;
  return (
    <div className={`field ${problem === null ? "" : "has-problem"}`}>
      <label className="label" htmlFor={id}>
        <code>{field.name}</code>
        <span>{field.about}</span>
        <span className="opt cut">
          {field.hasDefault
            ? `default ${brief(field.default)}`
            : field.required
              ? "needed"
              : "may be left out"}
        </span>
      </label>
      <Control
        id={id}
        described={described}
        field={field}
        text={text}
        first={first}
        bad={problem !== null}
        onText={onText}
      />
      <div id={described}>
        {problem !== null && (
          <p className="problem">
            <Icon name="warn" className="i-14" />
            <span>
              <code>{field.name}</code> <Said text={problem} />
            </span>
          </p>
        )}
        {field.description !== null && (
          <div className="help">
            <Markdown text={field.description} />
          </div>
        )}
      </div>
    </div>
  );
}

interface ControlProps {
  id: string;
  described: string;
  field: Field;
  text: string;
  first: boolean;
  bad: boolean;
  onText: (text: string) => void;
}

function Control({ id, described, field, text, first, bad, onText }: ControlProps) {
  const shared = { id, "aria-describedby": described, "aria-invalid": bad, autoFocus: first };
  switch (field.kind) {
    case "switch":
      return (
        <button
          {...shared}
          type="button"
          role="switch"
          aria-checked={text === "true"}
          className={`switch ${text === "true" ? "on" : ""}`}
          onClick={() => onText(text === "true" ? "false" : "true")}
        />
      );
    case "choice":
      return field.choices.length <= 4 ? (
        <div className="joined seg" role="radiogroup" aria-label={field.name}>
          {field.choices.map((choice) => {
            const value = JSON.stringify(choice);
            return (
              <button
                key={value}
                type="button"
                role="radio"
                aria-checked={value === text}
                className="btn"
                onClick={() => onText(value)}
              >
                {brief(choice)}
              </button>
            );
          })}
        </div>
      ) : (
        <div className="input">
          <select {...shared} value={text} onChange={(event) => onText(event.target.value)}>
            {!field.hasDefault && <option value="" />}
            {field.choices.map((choice) => (
              <option key={JSON.stringify(choice)} value={JSON.stringify(choice)}>
                {brief(choice)}
              </option>
            ))}
          </select>
          <Icon name="down" />
        </div>
      );
    case "list":
    case "json":
      return (
        <div className="input input-code">
          <textarea
            {...shared}
            spellCheck={false}
            rows={Math.min(8, Math.max(2, text.split("\n").length))}
            value={text}
            placeholder={field.kind === "list" ? "one a line" : "JSON"}
            onChange={(event) => onText(event.target.value)}
          />
        </div>
      );
    default:
      return (
        <div className="input">
          <input
            {...shared}
            type={inputType(field)}
            inputMode={field.kind === "integer" ? "numeric" : field.kind === "number" ? "decimal" : undefined}
            autoComplete="off"
            value={text}
            onChange={(event) => onText(event.target.value)}
          />
        </div>
      );
  }
}

/** Numbers stay text, so that what is not one is seen and said; a browser would drop it. */
function inputType(field: Field): string {
  if (field.kind !== "text") return "text";
  const types: Record<string, string> = {
    date: "date",
    time: "time",
    email: "email",
    uri: "url",
    password: "password",
  };
  return types[field.format ?? ""] ?? "text";
}
