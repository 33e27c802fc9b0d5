// The states' words, and which drawing and colour each has.

import type { State, StateType } from "../api/types";

export type Drawing =
  | "scheduled"
  | "late"
  | "pending"
  | "running"
  | "paused"
  | "cancelling"
  | "completed"
  | "cached"
  | "skipped"
  | "failed"
  | "crashed"
  | "cancelled"
  | "missed";

interface Shown {
  word: string;
  drawing: Drawing;
  type: StateType;
}

export const STATES: Record<State, Shown> = {
  Scheduled: { word: "Scheduled", drawing: "scheduled", type: "scheduled" },
  Late: { word: "Late", drawing: "late", type: "scheduled" },
  AwaitingRetry: { word: "Awaiting retry", drawing: "scheduled", type: "scheduled" },
  AwaitingSlot: { word: "Awaiting slot", drawing: "pending", type: "scheduled" },
  Pending: { word: "Pending", drawing: "pending", type: "pending" },
  Running: { word: "Running", drawing: "running", type: "running" },
  Retrying: { word: "Retrying", drawing: "running", type: "running" },
  Paused: { word: "Paused", drawing: "paused", type: "paused" },
  Cancelling: { word: "Cancelling", drawing: "cancelling", type: "cancelling" },
  Completed: { word: "Completed", drawing: "completed", type: "completed" },
  Cached: { word: "Cached", drawing: "cached", type: "completed" },
  Skipped: { word: "Skipped", drawing: "skipped", type: "skipped" },
  Failed: { word: "Failed", drawing: "failed", type: "failed" },
  TimedOut: { word: "Timed out", drawing: "failed", type: "failed" },
  UpstreamFailed: { word: "Upstream failed", drawing: "failed", type: "failed" },
  Crashed: { word: "Crashed", drawing: "crashed", type: "crashed" },
  Cancelled: { word: "Cancelled", drawing: "cancelled", type: "cancelled" },
};

export const TYPE_OF = Object.fromEntries(
  Object.entries(STATES).map(([state, { type }]) => [state, type]),
) as Record<State, StateType>;

/** A state type's word and drawing; each is also the name of a state. */
export function shownType(type: StateType): { word: string; drawing: Drawing } {
  return { word: type.charAt(0).toUpperCase() + type.slice(1), drawing: type };
}

export const STATE_TYPES: readonly StateType[] = [
  "completed",
  "failed",
  "crashed",
  "cancelled",
  "skipped",
  "running",
  "paused",
  "cancelling",
  "pending",
  "scheduled",
];

/** Whether nothing more comes of it. */
export function isEnded(type: StateType): boolean {
  return (
    type === "completed" ||
    type === "skipped" ||
    type === "failed" ||
    type === "crashed" ||
    type === "cancelled"
  );
}
