// What is not as expected: what, why, what next, and the button that does it.

import { Link } from "@tanstack/react-router";
import type { Broken } from "../api/types";
import { ago, count, when } from "../parts/format";
import { Icon } from "../parts/Icon";
import { firstLine } from "../parts/Markdown";
import { Said } from "../parts/Said";
import { StateIcon } from "../parts/State";
import type { Drawing } from "../parts/states";
import { useSteer } from "../parts/useSteer";

const SHOWN: Record<Broken["kind"], { drawing: Drawing; word: string }> = {
  failed: { drawing: "failed", word: "failed" },
  crashed: { drawing: "crashed", word: "crashed" },
  late: { drawing: "late", word: "is late" },
  slow: { drawing: "late", word: "is slower than usual" },
  approval: { drawing: "paused", word: "waits for an answer" },
};

/** The states of the runs that are of the like. */
const LIKE: Record<Broken["kind"], string[]> = {
  failed: ["failed", "crashed"],
  crashed: ["failed", "crashed"],
  late: ["scheduled"],
  slow: ["running"],
  approval: ["paused"],
};

const NEXT: Record<Broken["next_step"], string> = {
  retry: "Retry from what failed; the tasks that completed are kept.",
  "carry-on": "Carry on; the tasks that completed are kept.",
  look: "Look at what takes long.",
  answer: "Answer, and the run goes on.",
};

export function BrokenList({ broken, now }: { broken: readonly Broken[]; now: Date }) {
  return (
    <section className="broken" aria-label="Not as expected">
      {broken.map((one) => (
        <One key={`${one.kind} ${one.flow} ${one.run.id}`} one={one} now={now} />
      ))}
    </section>
  );
}

function wordOf({ kind, run }: Broken): string {
  return kind === "failed" && run.state === "TimedOut" ? "timed out" : SHOWN[kind].word;
}

function One({ one, now }: { one: Broken; now: Date }) {
  const { drawing } = SHOWN[one.kind];
  const since = new Date(one.since);
  return (
    <article className={`s-${drawing}`}>
      <StateIcon drawing={drawing} size={16} />
      <div>
        <p className="cut">
          <Link className="mono flow-name" to="/flows/$flow" params={{ flow: one.flow }}>
            {one.flow}
          </Link>{" "}
          <span className="w">{wordOf(one)}</span>
        </p>
        <p className="small faint cut">
          {when(since, now)}, {ago(now.getTime() - since.getTime())}
          {" · "}
          <Link className="link mono" to="/runs/$run" params={{ run: one.run.id }}>
            {one.run.name}
          </Link>
        </p>
      </div>
      <div className="why">
        <p>
          <Said text={one.kind === "approval" ? firstLine(one.reason) : one.reason} />
        </p>
        {one.count > 1 && (
          <p className="small faint">
            {count(one.count, "run")} of the like;{" "}
            <Link className="link" to="/runs" search={{ flow: one.flow, state: LIKE[one.kind] }}>
              see them
            </Link>
          </p>
        )}
      </div>
      <p className="next">{NEXT[one.next_step]}</p>
      <Acts one={one} />
    </article>
  );
}

function Acts({ one }: { one: Broken }) {
  const steer = useSteer();
  const { run, next_step: next } = one;
  const retry = next === "retry" || next === "carry-on";
  return (
    <div className="acts">
      {retry && (
        <button
          type="button"
          className="btn btn-tint"
          disabled={steer.isPending || steer.isSuccess}
          onClick={() => steer.mutate({ act: "retry-from-failed", runs: [run.id] })}
        >
          <Icon name="retry" />
          {next === "retry" ? "Retry from failed" : "Carry on"}
        </button>
      )}
      <Link className={`btn ${retry ? "" : "btn-tint"}`} to="/runs/$run" params={{ run: run.id }}>
        {next === "answer" ? "Answer…" : "Open run"}
      </Link>
    </div>
  );
}
