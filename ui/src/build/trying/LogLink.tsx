import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lineHash } from "../../log/address";
import { lastLine } from "./lastRun";

/** The way to the last line that a task wrote in a run. */
export function LogLink({ run, task }: { run: string; task: string }) {
  const line = useQuery(lastLine(run, task));
  if (line.data === undefined || line.data === null) return null;
  return (
    <Link className="link" to="/runs/$run" params={{ run }} hash={lineHash(line.data)}>
      Log line {line.data}
    </Link>
  );
}
