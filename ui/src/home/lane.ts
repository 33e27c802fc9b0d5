// The coming day as a line from now at the left to the same time tomorrow at the right, in per cent.

import type { FlowSummary } from "../api/types";
import { clock, when } from "../parts/format";

const DAY = 86_400_000;
const HOUR = 3_600_000;
/** More times than this are ticks without words. */
const MOST_MARKS = 3;

export interface Lane {
  marks: { left: number; text: string }[];
  ticks: number[];
  /** what to say where there is no time within the day */
  text: string | null;
}

export function lane(flow: Pick<FlowSummary, "schedules" | "triggers">, now: Date): Lane {
  const times = flow.schedules
    .filter((one) => !one.paused)
    .flatMap((one) => one.next)
    .map((text) => new Date(text))
    .sort((one, other) => one.getTime() - other.getTime());
  const within = times.filter((at) => at.getTime() >= now.getTime() && at.getTime() - now.getTime() < DAY);
  const left = (at: Date) => Math.round(((at.getTime() - now.getTime()) / DAY) * 10_000) / 100;
  if (within.length > MOST_MARKS) return { marks: [], ticks: within.map(left), text: null };
  if (within.length > 0)
    return { marks: within.map((at) => ({ left: left(at), text: when(at, now) })), ticks: [], text: null };
  const next = times[0];
  if (next) return { marks: [], ticks: [], text: `not within a day · next ${when(next, now)}` };
  return {
    marks: [],
    ticks: [],
    text: flow.triggers.length > 0 ? `whenever ${flow.triggers.join(", ")}` : null,
  };
}

/** Every third full hour; midnight carries its day. The first two hours are left free for the time now. */
export function hours(now: Date): { left: number; text: string }[] {
  const list: { left: number; text: string }[] = [];
  const at = new Date(now);
  at.setMinutes(0, 0, 0);
  for (let step = 1; step <= 24; step++) {
    const hour = new Date(at.getTime() + step * HOUR);
    const ahead = hour.getTime() - now.getTime();
    if (hour.getHours() % 3 !== 0 || ahead < 1.6 * HOUR || ahead > 23 * HOUR) continue;
    const text = hour.getHours() === 0 ? when(hour, now).replace(":00", "") : clock(hour).slice(0, 2);
    list.push({ left: Math.round((ahead / DAY) * 10_000) / 100, text });
  }
  return list;
}
