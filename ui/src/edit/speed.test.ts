// An edit of a large file is done within a frame: only the parts that it changes are read again.

import { expect, it } from "vitest";
import { addTask } from "./addTask";
import { duplicateTasks } from "./clipboard";
import type { FlowDocument } from "./document";
import { attempt, type Draft, isRefusal } from "./draft";
import { setEdge } from "./edge";
import { setCode } from "./kind";
import { groupTasks, moveTask } from "./regroup";
import { removeTasks } from "./removeTasks";
import { renameTask } from "./renameTask";
import { open } from "./testing/testFlows";
import { pathOfTask, setAt } from "./value";

function large(count: number): string {
  const tasks = Array.from({ length: count }, (_, at) => {
    const before = `task_${Math.max(0, at - 1)}`;
    const lines = [
      `  # Number ${at}.`,
      `  task_${at}:`,
      ...(at > 0 ? [`    needs: [${before}]`, `    env: { A: "{{ tasks.${before}.output }}" }`] : []),
      "    retries: { max: 3, delay: 2s }",
      "    shell: |",
      "      set -eu",
      "      ls *.txt && echo one",
      "",
    ];
    return lines.join("\n");
  });
  return `name: large\n\ntasks:\n${tasks.join("\n")}`;
}

const EDITS: Readonly<Record<string, (draft: Draft) => void>> = {
  set: (draft) => setAt(draft, [...pathOfTask(["task_500"]), "timeout"], "5m"),
  code: (draft) => setCode(draft, ["task_500"], "set -eu\nls\n"),
  edge: (draft) => setEdge(draft, { from: ["task_10"], to: ["task_500"] }, "failed"),
  rename: (draft) => renameTask(draft, ["task_500"], "other"),
  add: (draft) => addTask(draft, { group: [], after: "task_500" }, { name: "new", body: { shell: "ls" } }),
  remove: (draft) => removeTasks(draft, [["task_500"], ["task_501"]]),
  duplicate: (draft) => duplicateTasks(draft, [["task_500"], ["task_501"]]),
  group: (draft) => groupTasks(draft, [["task_500"], ["task_501"]], "new"),
  move: (draft) => moveTask(draft, ["task_500"], { group: [], after: "task_10" }),
};

/** The quickest of some tries, each on a text that is new: the machine may be busy with something else. */
function quickest(document: FlowDocument, make: (document: FlowDocument) => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < 9; turn += 1) {
    const fresh = document.next(`${document.text}# ${turn}\n`);
    const start = performance.now();
    make(fresh);
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

it("an edit among 1,000 tasks takes less than a frame", { timeout: 30_000 }, () => {
  const document = open(large(1_000));
  const times = Object.entries(EDITS).map(([name, make]) => {
    const time = quickest(document, (fresh) => {
      const outcome = attempt(fresh, make);
      if (isRefusal(outcome)) throw new Error(outcome.message);
    });
    return [name, time] as const;
  });
  // These look at every task, and are asked for rarely.
  const whole = ["remove", "duplicate", "group"];
  for (const [name, time] of times) expect(time, name).toBeLessThan(whole.includes(name) ? 100 : 16);
});
