// What of a flow's page stands in the address.

import { one } from "../shell/search";

export const TABS = ["build", "runs", "schedule", "versions"] as const;

export interface FlowSearch {
  tab?: (typeof TABS)[number] | undefined;
  /** the two versions that are compared */
  left?: string | undefined;
  right?: string | undefined;
}

export function readFlowSearch(search: Record<string, unknown>): FlowSearch {
  const tab = TABS.find((known) => known === one(search, "tab"));
  const left = one(search, "left");
  const right = one(search, "right");
  return {
    ...(tab === undefined || tab === "build" ? {} : { tab }),
    ...(left === undefined ? {} : { left }),
    ...(right === undefined ? {} : { right }),
  };
}
