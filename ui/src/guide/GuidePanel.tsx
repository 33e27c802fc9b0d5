// The guide beside what is being worked on: the one thing that comes next, and below it all of the steps.

import type { ReactNode } from "react";
import { Icon } from "../parts/Icon";
import "./guide.css";
import { leaveGuide } from "./guide";
import { STEPS, type StepId } from "./steps";

interface Props {
  /** the step that comes next; `null`: all are done */
  readonly step: StepId | null;
  /** what to do, in the words of the moment */
  readonly children: ReactNode;
  /** does the step for the person; `null`: nobody else can */
  readonly onDo: (() => void) | null;
  readonly onLeave?: () => void;
}

export function GuidePanel({ step, children, onDo, onLeave }: Props) {
  const at = step === null ? STEPS.length : STEPS.findIndex(({ id }) => id === step);
  const leave = () => {
    leaveGuide();
    onLeave?.();
  };
  return (
    <section className="panel guide" aria-label="Guide" data-part="guide">
      <div className="panel-h">
        <h2>Guide</h2>
        <span className="faint">{step === null ? "done" : `step ${at + 1} of ${STEPS.length}`}</span>
        <span className="grow" />
        <button
          type="button"
          className="btn btn-s btn-icon btn-ghost"
          aria-label="Leave the guide"
          title="Leave the guide; what you made stays"
          onClick={leave}
        >
          <Icon name="x" />
        </button>
      </div>
      <div className="guide-now">
        <div role="status">
          <h3>{STEPS[at]?.title ?? "Your first flow works"}</h3>
          {children}
        </div>
        <div className="guide-acts">
          {step !== null && onDo && (
            <button type="button" className="btn btn-s" onClick={onDo}>
              Do it for me
            </button>
          )}
          {step === null && (
            <button type="button" className="btn btn-s btn-tint" onClick={leave}>
              Close the guide
            </button>
          )}
        </div>
      </div>
      <ol className="guide-steps scroll" aria-label="Steps">
        {STEPS.map(({ id, title }, index) => (
          <li
            key={id}
            className={index < at ? "is-done" : ""}
            aria-current={index === at ? "step" : undefined}
          >
            <Icon name={index < at ? "check" : index === at ? "right" : "ring"} />
            <span>
              {title}
              {index < at && <span className="sr">, done</span>}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
