// The filters of the list of runs, as they stand in the address.

import type { Query } from "../api/client";
import { many, one } from "../shell/search";

export interface RunFilters {
  flow?: string | undefined;
  /** state types or names */
  state?: string[] | undefined;
  /** `24h`, `7d`, `30d`; or `since` and `until` */
  within?: string | undefined;
  since?: string | undefined;
  until?: string | undefined;
  /** `name=value` */
  parameter?: string[] | undefined;
  /** text in logs */
  text?: string | undefined;
  sort?: "oldest" | "longest" | undefined;
}

export const SPANS = { "1h": 3_600_000, "24h": 86_400_000, "7d": 604_800_000, "30d": 2_592_000_000 } as const;

export type Span = keyof typeof SPANS;

/** What is not a filter, or says nothing, is left out; so equal filters are equal addresses. */
export function readRunFilters(search: Record<string, unknown>): RunFilters {
  const within = one(search, "within");
  const sort = one(search, "sort");
  const read: RunFilters = {
    flow: one(search, "flow"),
    state: some(many(search, "state")),
    within: within !== undefined && within in SPANS ? within : undefined,
    since: time(one(search, "since")),
    until: time(one(search, "until")),
    parameter: some(many(search, "parameter").filter((text) => text.indexOf("=") > 0)),
    text: one(search, "text"),
    sort: sort === "oldest" || sort === "longest" ? sort : undefined,
  };
  if (read.since !== undefined || read.until !== undefined) read.within = undefined;
  return Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined)) as RunFilters;
}

function some(list: string[]): string[] | undefined {
  return list.length > 0 ? list : undefined;
}

function time(text: string | undefined): string | undefined {
  return text !== undefined && !Number.isNaN(Date.parse(text)) ? text : undefined;
}

/** What the API is asked. A span ends now, to the minute, so that one look is one question. */
export function asQuery(filters: RunFilters, now: number): Query {
  const span = filters.within === undefined ? undefined : SPANS[filters.within as Span];
  const since =
    span === undefined ? filters.since : new Date(Math.floor((now - span) / 60_000) * 60_000).toISOString();
  return {
    flow: filters.flow,
    state: filters.state,
    since,
    until: filters.until,
    parameter: filters.parameter,
    text: filters.text,
    sort: filters.sort,
  };
}

/** Whether anything narrows the list. */
export function isFiltered(filters: RunFilters): boolean {
  return Object.entries(filters).some(([name, value]) => name !== "sort" && value !== undefined);
}
