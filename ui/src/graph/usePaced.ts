// Places that are taken up a few tasks a frame: a thousand at once would hold the page still for a moment, when a
// graph is shown first and when its layout comes while a run goes on.

import { useEffect, useMemo, useState } from "react";
import type { Places } from "./place";

/** Tasks that come, or move, in one frame. */
export const AT_ONCE = 160;

interface Step {
  from: Places["boxes"];
  to: Places;
  count: number;
}

/** The places as far as they are taken up; once all are, they are the ones that were given. */
export function usePaced(places: Places): Places {
  const [step, setStep] = useState<Step>({ from: new Map(), to: places, count: AT_ONCE });
  let now = step;
  if (step.to !== places) {
    now = { from: taken(step).boxes, to: places, count: AT_ONCE };
    setStep(now);
  }
  const done = isDone(now);
  useEffect(() => {
    if (done) return;
    const frame = requestAnimationFrame(() =>
      setStep((before) => (before === now ? { ...now, count: now.count + AT_ONCE } : before)),
    );
    return () => cancelAnimationFrame(frame);
  }, [now, done]);
  return useMemo(() => taken(now), [now]);
}

/** Another graph, or few tasks, come at once. */
function isDone({ from, to, count }: Step): boolean {
  const same = from.size === 0 || from.size === to.boxes.size;
  return !same || count >= to.boxes.size;
}

export function taken(step: Step): Places {
  if (isDone(step)) return step.to;
  const boxes = new Map(step.from);
  let left = step.count;
  for (const [task, box] of step.to.boxes) {
    if (left === 0) break;
    boxes.set(task, box);
    left -= 1;
  }
  return { ...step.to, boxes };
}
