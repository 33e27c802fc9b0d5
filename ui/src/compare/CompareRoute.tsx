import { useParams } from "@tanstack/react-router";
import { ComparePage } from "./ComparePage";

/** The two runs that the address names. */
export function CompareRoute() {
  const { run, other } = useParams({ from: "/runs/$run/compare/$other" });
  return <ComparePage key={`${run} ${other}`} left={run} right={other} />;
}
