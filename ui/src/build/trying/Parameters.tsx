// The parameters of a trial: in one line as they are remembered, as a form once that is opened.

import { FormField } from "../../flow/FormField";
import type { Field } from "../../flow/schemaForm";
import { Icon } from "../../parts/Icon";
import type { Texts } from "./parameters";

interface Props {
  readonly fields: readonly Field[];
  readonly texts: Texts;
  readonly problems: Readonly<Record<string, string>>;
  readonly open: boolean;
  readonly onOpen: (open: boolean) => void;
  readonly onText: (name: string, text: string) => void;
}

export function Parameters({ fields, texts, problems, open, onOpen, onText }: Props) {
  return (
    <div className="try-with">
      <button type="button" className="fold" aria-expanded={open} onClick={() => onOpen(!open)}>
        <Icon name={open ? "down" : "right"} className="i-12" />
        <span className="faint">with</span>
        <span className="cut">
          {fields.map(({ name }, at) => (
            <span key={name}>
              {at > 0 && ", "}
              <code>{name}</code>{" "}
              <span className="faint">
                {texts[name] === "" ? "–" : (texts[name] ?? "").replace(/\s+/g, " ")}
              </span>
            </span>
          ))}
        </span>
      </button>
      {open && (
        <div className="try-fields scroll">
          {fields.map((field) => (
            <FormField
              key={field.name}
              field={field}
              first={false}
              text={texts[field.name] ?? ""}
              problem={problems[field.name] ?? null}
              onText={(text) => onText(field.name, text)}
            />
          ))}
        </div>
      )}
    </div>
  );
}
