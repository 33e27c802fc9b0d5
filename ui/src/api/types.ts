// The shapes that the API gives and takes. Times are RFC 3339, durations whole milliseconds, cursors opaque.

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  hint?: string | null;
  diagnostics?: Diagnostic[] | null;
}

export interface Diagnostic {
  severity: "error" | "warning";
  line: number;
  column: number;
  message: string;
  hint?: string | null;
  file?: string | null;
}

export type StateType =
  | "scheduled"
  | "pending"
  | "running"
  | "paused"
  | "cancelling"
  | "completed"
  | "skipped"
  | "failed"
  | "crashed"
  | "cancelled";

export type State =
  | "Scheduled"
  | "Late"
  | "AwaitingRetry"
  | "AwaitingSlot"
  | "Pending"
  | "Running"
  | "Retrying"
  | "Paused"
  | "Cancelling"
  | "Completed"
  | "Cached"
  | "Skipped"
  | "Failed"
  | "TimedOut"
  | "UpstreamFailed"
  | "Crashed"
  | "Cancelled";

export interface Run {
  id: string;
  name: string;
  flow: string;
  version: string | null;
  state: State;
  state_type: StateType;
  message: string | null;
  parameters: unknown;
  output: unknown;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  duration_ms: number | null;
}

export interface RunList {
  runs: Run[];
  next: string | null;
}

export interface RunDetail {
  run: Run;
  attempt: number;
  file: string | null;
  workspace: string | null;
  scheduled_for: string | null;
  parent: string | null;
  trigger: unknown;
  /** counts over all task runs, without superseded ones */
  counts: Partial<Record<StateType, number>>;
  task_runs: number;
  /** whether a living process carries it */
  carried: boolean;
  failures: FailedTask[];
  failures_left_out: number;
  /** middle of earlier completed runs of the flow */
  usual_ms: number | null;
  questions: Question[];
  /** events after this cursor are news to this answer */
  cursor: number;
}

export interface FailedTask {
  path: string;
  state: State;
  message: string | null;
  lines: string[];
}

export interface Question {
  path: string;
  task_run: string;
  /** Markdown */
  message: string | null;
  /** a JSON Schema of what may be entered */
  fields: unknown;
}

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

export interface TaskRun {
  id: string;
  number: number;
  task: string;
  node: number;
  parent: number | null;
  index: number | null;
  path: string;
  state: State;
  state_type: StateType;
  message: string | null;
  attempts: number;
  output: unknown;
  started_at: string | null;
  ended_at: string | null;
  duration_ms: number | null;
}

export interface TaskRunList {
  tasks: TaskRun[];
  next: string | null;
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

export interface Transition {
  sequence: number;
  at: string;
  path: string | null;
  attempt: number;
  from: State | null;
  to: State;
  message: string | null;
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

export interface LogLine {
  number: number;
  at: string;
  path: string | null;
  stream: "stdout" | "stderr" | "engine";
  attempt: number;
  text: string;
  continues: boolean;
}

export interface LogPage {
  lines: LogLine[];
  total: number;
  first: number | null;
  last: number | null;
  matches?: number[];
  more: boolean;
}

export interface Steered {
  id: string;
  name: string;
  task: string | null;
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

/** One committed transition. `number` 0 is the run itself, else the number of a task run. */
export interface Move {
  sequence: number;
  run: string;
  flow: string;
  name: string;
  number: number;
  node: number | null;
  parent: number | null;
  index: number | null;
  attempt: number;
  from: State | null;
  to: State;
  at: string;
  message: string | null;
}

export interface Health {
  status: string;
  version: string;
  started_at: string;
  scheduling: boolean;
}

export interface Setting {
  key: string;
  value: unknown;
  default: unknown;
  about: string;
  schema?: unknown;
}

export interface Workspace {
  path: string;
  name: string;
  enabled: boolean;
  used_at: string | null;
  current: boolean;
}
