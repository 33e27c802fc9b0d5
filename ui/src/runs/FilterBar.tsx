// The filters over the list. Each stands in the address, so that a view can be kept and sent.

import { useQuery } from "@tanstack/react-query";
import { type RefObject, useEffect, useState } from "react";
import { flows } from "../api/queries";
import { count, when } from "../parts/format";
import { Icon } from "../parts/Icon";
import { Menu } from "../parts/Menu";
import { StateTypeWord } from "../parts/State";
import { STATE_TYPES } from "../parts/states";
import { isFiltered, type RunFilters } from "./filters";

const SPAN_WORDS: Record<string, string> = {
  "1h": "Last hour",
  "24h": "Last 24 hours",
  "7d": "Last 7 days",
  "30d": "Last 30 days",
};

interface Props {
  filters: RunFilters;
  onChange: (filters: RunFilters) => void;
  field: RefObject<HTMLInputElement | null>;
  total: number | undefined;
  /** whether those are all, and not only those that wrote the text last */
  complete: boolean;
}

export function FilterBar({ filters, onChange, field, total, complete }: Props) {
  const names = useQuery(flows).data?.flows.map((flow) => flow.name) ?? [];
  const known =
    filters.flow !== undefined && !names.includes(filters.flow) ? [filters.flow, ...names] : names;
  const states = filters.state ?? [];
  return (
    <div className="filters">
      <Menu
        icon="flows"
        label="Flow"
        text={filters.flow ?? "All flows"}
        set={filters.flow !== undefined}
        choices={[
          { value: "", label: "All flows" },
          ...known.map((name) => ({ value: name, label: <code>{name}</code> })),
        ]}
        chosen={[filters.flow ?? ""]}
        onChoose={(value) => onChange({ ...filters, flow: value || undefined })}
      />
      <Menu
        icon="ring"
        label="State"
        several
        text={
          states.length === 0
            ? "Any state"
            : states.length <= 2
              ? states.join(", ")
              : `${states.length} states`
        }
        set={states.length > 0}
        choices={STATE_TYPES.map((type) => ({ value: type, label: <StateTypeWord type={type} /> }))}
        chosen={states}
        onChoose={(value) => onChange({ ...filters, state: toggled(states, value) })}
      />
      <Menu
        icon="calendar"
        label="Time"
        text={timeText(filters)}
        set={filters.within !== undefined || filters.since !== undefined || filters.until !== undefined}
        choices={[
          { value: "", label: "Any time" },
          ...Object.entries(SPAN_WORDS).map(([value, label]) => ({ value, label })),
        ]}
        chosen={filters.since || filters.until ? [] : [filters.within ?? ""]}
        onChoose={(value) =>
          onChange({ ...filters, within: value || undefined, since: undefined, until: undefined })
        }
      />
      {filters.parameter?.map((text) => (
        <span key={text} className="input is-set">
          <Icon name="value" />
          <code>{text.replace("=", " = ")}</code>
          <button
            type="button"
            className="chip-x"
            aria-label={`Any ${text.split("=")[0]}`}
            onClick={() =>
              onChange({ ...filters, parameter: filters.parameter?.filter((other) => other !== text) })
            }
          >
            <Icon name="x" />
          </button>
        </span>
      ))}
      <ParameterField
        onAdd={(text) =>
          onChange({ ...filters, parameter: [...new Set([...(filters.parameter ?? []), text])] })
        }
      />
      <TextField
        text={filters.text ?? ""}
        field={field}
        onText={(text) => onChange({ ...filters, text: text || undefined })}
      />
      {isFiltered(filters) && (
        <button type="button" className="btn btn-ghost" onClick={() => onChange({ sort: filters.sort })}>
          Clear
        </button>
      )}
      <span className="grow" />
      {total !== undefined && (
        <span className="small dim">
          <b>{count(total, "run")}</b>
          {!complete && " or more: those that wrote it last"}
        </span>
      )}
    </div>
  );
}

function toggled(list: readonly string[], value: string): string[] | undefined {
  const next = list.includes(value) ? list.filter((other) => other !== value) : [...list, value];
  return next.length > 0 ? next : undefined;
}

function timeText({ within, since, until }: RunFilters): string {
  if (within !== undefined) return SPAN_WORDS[within] ?? within;
  const now = new Date();
  if (since !== undefined && until !== undefined)
    return `${when(new Date(since), now)} – ${when(new Date(until), now)}`;
  if (since !== undefined) return `since ${when(new Date(since), now)}`;
  if (until !== undefined) return `until ${when(new Date(until), now)}`;
  return "Any time";
}

function ParameterField({ onAdd }: { onAdd: (text: string) => void }) {
  const [text, setText] = useState("");
  const fits = /^[^=\s]+\s*=\s*\S/.test(text);
  return (
    <form
      className="input parameter"
      onSubmit={(event) => {
        event.preventDefault();
        if (!fits) return;
        const at = text.indexOf("=");
        onAdd(`${text.slice(0, at).trim()}=${text.slice(at + 1).trim()}`);
        setText("");
      }}
    >
      <Icon name="value" />
      <input
        value={text}
        onChange={(event) => setText(event.target.value)}
        placeholder="parameter = value"
        aria-label="Parameter and value; Enter adds it"
        aria-invalid={text !== "" && !fits}
      />
    </form>
  );
}

/** The text takes hold once typing pauses, or with Enter. */
function TextField({
  text,
  field,
  onText,
}: {
  text: string;
  field: RefObject<HTMLInputElement | null>;
  onText: (text: string) => void;
}) {
  const [typed, setTyped] = useState(text);
  useEffect(() => setTyped(text), [text]);
  useEffect(() => {
    if (typed === text) return;
    const timer = setTimeout(() => onText(typed), 350);
    return () => clearTimeout(timer);
  });
  return (
    <form
      className={`input text ${text ? "is-set" : ""}`}
      onSubmit={(event) => {
        event.preventDefault();
        onText(typed);
      }}
    >
      <Icon name="search" />
      <input
        ref={field}
        type="search"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          // Left to itself, a search field is emptied by it, and the list is another.
          event.preventDefault();
          event.currentTarget.blur();
        }}
        placeholder="Text"
        aria-label="Text in logs"
      />
      <span className="faint">in logs</span>
    </form>
  );
}
