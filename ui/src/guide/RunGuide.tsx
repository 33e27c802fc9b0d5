// The guide beside a run of the flow that it goes along with: how the run ends, and where its log is.

import { Link } from "@tanstack/react-router";
import { useEffect } from "react";
import type { Run } from "../api/types";
import { isEnded } from "../parts/states";
import { Keys } from "../shell/Keys";
import { GuidePanel } from "./GuidePanel";
import { type Guided, readLog } from "./guide";

interface Props {
  run: Run;
  guided: Guided;
  /** whether lines of the log are looked at: those of a task, or some that the address names */
  reads: boolean;
  /** shows the log of the run's first task */
  onLog: () => void;
}

/** Where the log is on the page. */
const LOG = ".logp";

export function RunGuide({ run, guided, reads, onLog }: Props) {
  const { id, flow } = run;
  const isDone = run.state_type === "completed";
  useEffect(() => {
    if (reads) readLog(flow, id);
    const look = ({ target }: Event) => {
      if (target instanceof Element && target.closest(LOG)) readLog(flow, id);
    };
    document.addEventListener("focusin", look);
    document.addEventListener("pointerdown", look);
    return () => {
      document.removeEventListener("focusin", look);
      document.removeEventListener("pointerdown", look);
    };
  }, [reads, flow, id]);
  const step = !isDone ? "run" : guided.read === id ? null : "log";
  return (
    <GuidePanel step={step} onDo={step === "log" ? onLog : null}>
      {step === "log" ? (
        <p>
          The run completed. What its tasks wrote stands in the log below: press a task to see only its lines,
          or <Keys keys="L" /> to go there.
        </p>
      ) : step === null ? (
        <p>
          You built it, ran it, and know where its log is. There is more in <FlowLink flow={flow} />.
        </p>
      ) : isEnded(run.state_type) ? (
        <p>
          The run did not complete. Press the task that failed: its error and its log say why. Mend it in{" "}
          <FlowLink flow={flow} />, save, and run again.
        </p>
      ) : (
        <p>The run goes on. Every task shows how it stands.</p>
      )}
    </GuidePanel>
  );
}

function FlowLink({ flow }: { flow: string }) {
  return (
    <Link className="link" to="/flows/$flow" params={{ flow }}>
      the flow
    </Link>
  );
}
