/** What of a run is looked at: a task of the flow, or one of its task runs. */
export interface Picked {
  /** the task's place in the graph */
  node: number;
  /** what the log is filtered by */
  path: string;
  /** null: all task runs of the task */
  taskRun: number | null;
}
