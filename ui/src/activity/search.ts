// What of the stream of activity stands in the address.

import { many, one } from "../shell/search";

export const KINDS = ["run", "person"] as const;
export type Kind = (typeof KINDS)[number];

export interface ActivitySearch {
  kind?: Kind[] | undefined;
  flow?: string | undefined;
}

export function readActivitySearch(search: Record<string, unknown>): ActivitySearch {
  const asked = many(search, "kind");
  const kind = KINDS.filter((known) => asked.includes(known));
  const flow = one(search, "flow");
  return { ...(kind.length > 0 ? { kind } : {}), ...(flow === undefined ? {} : { flow }) };
}
