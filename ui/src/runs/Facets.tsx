// How many runs of each state there are in this time; ticking one narrows the list to it.

import type { Histogram, StateType } from "../api/types";
import { Check } from "../parts/Check";
import { number } from "../parts/format";
import { StateTypeWord } from "../parts/State";
import { STATE_TYPES } from "../parts/states";
import type { RunFilters } from "./filters";
import { tally } from "./Histogram";

interface Props {
  times: Histogram | undefined;
  filters: RunFilters;
  onChange: (filters: RunFilters) => void;
}

export function Facets({ times, filters, onChange }: Props) {
  const counts = times ? tally(times) : new Map<StateType, number>();
  const chosen = filters.state ?? [];
  const shown = STATE_TYPES.filter((type) => counts.has(type) || chosen.includes(type)).slice(0, 5);
  return (
    <ul className="facets">
      {shown.map((type) => (
        <li key={type}>
          <Check
            on={chosen.length === 0 || chosen.includes(type)}
            label={`Show ${type}`}
            onChange={() => onChange({ ...filters, state: without(chosen, shown, type) })}
          />
          <StateTypeWord type={type} />
          <span className="num">{number(counts.get(type) ?? 0)}</span>
        </li>
      ))}
    </ul>
  );
}

/** No state chosen means all of them; taking one away from all leaves the others. */
function without(
  chosen: readonly string[],
  shown: readonly StateType[],
  type: StateType,
): string[] | undefined {
  const before = chosen.length === 0 ? shown : chosen;
  const next = before.includes(type) ? before.filter((other) => other !== type) : [...before, type];
  return next.length === 0 || (chosen.length > 0 && next.length === shown.length && shown.length > 1)
    ? undefined
    : [...next];
}
