// What is not as expected: what, why, what next, and the button that does it.

import { Link } from "@tanstack/react-router";
import type { Broken } from "../api/types";
import { ago, count, when } from "../parts/format";
import { Icon } from "../parts/Icon";
import { Said } from "../parts/Said";
import { StateIcon } from "../parts/State";
import type { Drawing } from "../parts/states";
import { useSteer } from "../parts/useSteer";

const SHOWN: Record<Broken["kind"], { drawing: Drawing; word: string; next: string }> = {
  failed: {
    drawing: "failed",
    word: "failed",
    next: "Retry from what failed; the tasks that completed are kept.",
  },
  crashed: { drawing: "crashed", word: "crashed", next: "Carry on; the tasks that completed are kept." },
  late: { drawing: "late", word: "is late", next: "Look at what it waits for." },
  slow: { drawing: "late", word: "is slower than usual", next: "Look at what takes long." },
  approval: { drawing: "paused", word: "waits for an answer", next: "Answer, and the run goes on." },
};

export function BrokenList({ broken, now }: { broken: readonly Broken[]; now: Date }) {
  return (
    <section className="broken" aria-label="Not as expected">
      {broken.map((one) => (
        <One key={`${one.kind} ${one.flow} ${one.run?.id ?? one.since}`} one={one} now={now} />
      ))}
    </section>
  );
}

function One({ one, now }: { one: Broken; now: Date }) {
  const { drawing, word, next } = SHOWN[one.kind];
  const since = new Date(one.since);
  return (
    <article className={`s-${drawing}`}>
      <StateIcon drawing={drawing} size={16} />
      <div>
        <p className="cut">
          <Link className="mono flow-name" to="/flows/$flow" params={{ flow: one.flow }}>
            {one.flow}
          </Link>{" "}
          <span className="w">{word}</span>
        </p>
        <p className="small faint cut">
          {when(since, now)}, {ago(now.getTime() - since.getTime())}
          {one.run && (
            <>
              {" · "}
              <Link className="link mono" to="/runs/$run" params={{ run: one.run.id }}>
                {one.run.name}
              </Link>
            </>
          )}
        </p>
      </div>
      <div className="why">
        <p>
          <Said text={one.reason} />
        </p>
        {one.count > 1 && (
          <p className="small faint">
            {count(one.count, "run")} of the like;{" "}
            <Link className="link" to="/runs" search={{ flow: one.flow }}>
              see them
            </Link>
          </p>
        )}
      </div>
      <p className="next">{next}</p>
      <Acts one={one} />
    </article>
  );
}

function Acts({ one }: { one: Broken }) {
  const steer = useSteer();
  const { run, flow } = one;
  const retry = run !== null && (one.next_step === "retry" || one.next_step === "carry-on");
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
          {one.next_step === "retry" ? "Retry from failed" : "Carry on"}
        </button>
      )}
      {run ? (
        <Link className={`btn ${retry ? "" : "btn-tint"}`} to="/runs/$run" params={{ run: run.id }}>
          {one.next_step === "answer" ? "Answer…" : "Open run"}
        </Link>
      ) : (
        <Link className="btn" to="/flows/$flow" params={{ flow }}>
          Open flow
        </Link>
      )}
    </div>
  );
}
