// The shapes that the API gives and takes, by the names that pages use. They are generated from the API's own
// document; see `npm run types`.

import type { components } from "./schema";

type Schemas = components["schemas"];

export type DoctorAnswer = Schemas["DoctorAnswer"];
export type Limits = Schemas["Limits"];
export type SecretNames = Schemas["SecretNames"];
export type Settings = Schemas["Settings"];
export type Variables = Schemas["Variables"];
export type Workspaces = Schemas["Workspaces"];
export type Diagnostic = Schemas["Diagnostic"];
export type FailedTask = Schemas["FailedTask"];
export type Health = Schemas["Health"];
export type LogLine = Schemas["LogLine"];
export type Move = Schemas["Move"];
export type Problem = Schemas["Problem"];
export type Question = Schemas["Question"];
export type Run = Schemas["Run"];
export type RunDetail = Schemas["RunDetail"];
export type RunList = Schemas["RunList"];
export type Setting = Schemas["SettingDocument"];
export type State = Schemas["State"];
export type StateType = Schemas["StateType"];
export type Steered = Schemas["Steered"];
export type TaskRun = Schemas["TaskRun"];
export type TaskRunList = Schemas["TaskRunList"];
export type Transition = Schemas["Transition"];
export type Workspace = Schemas["Workspace"];

export interface Graph {
  flow: string;
  version: string;
  nodes: GraphNode[];
  edges: GraphEdge[];
}

export interface GraphNode {
  task: number;
  path: string;
  name: string;
  kind: string;
  parent: number | null;
  fact: string | null;
  mapped: boolean;
  line: number;
  problems: Diagnostic[];
  usual_ms: number | null;
}

export interface GraphEdge {
  from: number;
  to: number;
  on: "succeeded" | "failed" | "finished";
  implied: boolean;
  condition: string | null;
}

export interface NodeState {
  node: number;
  counts: Partial<Record<State, number>>;
  state: State | null;
  started_at: string | null;
  ended_at: string | null;
  attempts: number;
}

export interface NodeStates {
  nodes: NodeState[];
  cursor: number;
}

export interface TimelineAttempt {
  attempt: number;
  started_at: string;
  ended_at: string | null;
  state: State | null;
}

export interface TimelineBar {
  task_run: number;
  node: number;
  path: string;
  state: State;
  attempts: TimelineAttempt[];
}

export interface Timeline {
  bars: TimelineBar[];
  left_out: number;
}

export interface TaskRunDetail {
  task_run: TaskRun;
  inputs: unknown;
  error: unknown;
  child: string | null;
  reused_from: string | null;
  attempts: {
    attempt: number;
    started_at: string | null;
    ended_at: string | null;
    state: State;
    message: string | null;
  }[];
}

export interface LogPage {
  lines: LogLine[];
  total: number;
  first: number | null;
  last: number | null;
  matches?: number[];
  more: boolean;
}

export interface DiffLine {
  kind: "same" | "added" | "removed";
  left: number | null;
  right: number | null;
  text: string;
}

export interface Comparison {
  left: Run;
  right: Run;
  inputs: { name: string; left: unknown; right: unknown; same: boolean }[];
  same_version: boolean;
  diff: DiffLine[];
  tasks: {
    path: string;
    left: { state: State; duration_ms: number | null } | null;
    right: { state: State; duration_ms: number | null } | null;
  }[];
  output: { left: unknown; right: unknown; same: boolean };
  first_different_line: { left: LogLine | null; right: LogLine | null } | null;
}

export interface RunBar {
  id: string;
  name: string;
  state: State;
  state_type: StateType;
  created_at: string;
  started_at: string | null;
  duration_ms: number | null;
  message: string | null;
}

export interface FlowSummary {
  name: string;
  title: string | null;
  description: string | null;
  file: string;
  workspace: string;
  tasks: number;
  problems: Diagnostic[];
  schedules: { text: string; next: string[] }[];
  triggers: string[];
  /** whether this version carries schedules and triggers out */
  scheduling: boolean;
  last: RunBar[];
  usual_ms: number | null;
  running: number;
}

export interface FlowList {
  flows: FlowSummary[];
}

export interface FlowDetail {
  summary: FlowSummary;
  text: string;
  parameters: unknown;
  version: string;
}

export interface Grid {
  runs: RunBar[];
  tasks: {
    path: string;
    name: string;
    depth: number;
    cells: ({ state: State; duration_ms: number | null; count: number } | null)[];
  }[];
}

export interface FlowVersion {
  version: string;
  first_run_at: string | null;
  last_run_at: string | null;
  runs: number;
  current: boolean;
}

export interface Broken {
  kind: "failed" | "crashed" | "slow" | "approval" | "late" | "missed";
  flow: string;
  run: RunBar | null;
  reason: string;
  count: number;
  since: string;
  next_step: "retry" | "answer" | "look" | "carry-on";
}

export interface RunningRun extends RunBar {
  flow: string;
  usual_ms: number | null;
  done: number;
  total: number;
}

export interface Overview {
  now: string;
  as_expected: boolean;
  expectations: number;
  broken: Broken[];
  running: RunningRun[];
  flows: FlowSummary[];
  upcoming: { at: string; flow: string; text: string }[];
  not_run: { at: string; flow: string; reason: string }[];
  totals: { today: number; completed: number; failed: number };
}

export interface Histogram {
  from: string;
  to: string;
  buckets: { at: string; counts: Partial<Record<StateType, number>> }[];
  total: number;
}

export interface SearchResult {
  kind: "flow" | "run" | "task" | "log" | "page";
  title: string;
  detail: string;
  run?: string | null;
  flow?: string | null;
  line?: number | null;
}

export interface ActivityEntry {
  sequence: number;
  at: string;
  kind: "run" | "event" | "notification" | "sync" | "person";
  flow: string | null;
  run: string | null;
  title: string;
  detail: string | null;
  state: State | null;
}

export interface ActivityPage {
  entries: ActivityEntry[];
  next: string | null;
}
