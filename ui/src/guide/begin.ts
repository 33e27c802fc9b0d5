// A new flow with the guide beside it.

import { newFlowOf } from "../api/actions";
import { client } from "../api/context";
import { flows } from "../api/queries";
import { openGuide } from "./guide";
import { guidedText } from "./guidedText";

const NAME = "first-flow";

/** A name that no flow of the workspace has. */
export function freeFlowName(names: readonly string[], wanted = NAME): string {
  if (!names.includes(wanted)) return wanted;
  let number = 2;
  while (names.includes(`${wanted}-${number}`)) number += 1;
  return `${wanted}-${number}`;
}

/** Makes a flow without tasks and opens the guide beside it; its name. */
export async function beginGuided(): Promise<string> {
  const known = await client.fetchQuery({ ...flows, staleTime: 0 });
  const name = freeFlowName(known.flows.map((flow) => flow.name));
  await newFlowOf(name, guidedText(name));
  openGuide(name);
  void client.invalidateQueries({ queryKey: ["flows"] });
  return name;
}
