import { useParams } from "@tanstack/react-router";
import { RunPage } from "./RunPage";

/** The run that the address names; another run is another page. */
export function RunRoute() {
  const { run } = useParams({ from: "/runs/$run" });
  return <RunPage key={run} run={run} />;
}
