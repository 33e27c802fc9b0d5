// A comparison as text, for a message or an issue.

import type { Comparison, Run } from "../api/types";
import { brief, duration } from "../parts/format";
import { ending, longer, signed, verdict } from "./lengths";
import { differences } from "./values";

const LONGEST = 200;
const OUTPUTS = 20;

export function asPlainText(answer: Comparison): string {
  const { left, right, inputs, tasks, output, first_different_line: line } = answer;
  const changed = inputs.filter((input) => !input.same);
  const values = output.same ? [] : differences(output.left, output.right).list.slice(0, OUTPUTS);
  const sections = [
    [`${right.flow}: ${left.name} and ${right.name}`, verdict(answer).first],
    [about(left), about(right)],
    under(
      "Parameters",
      changed.map((one) => `${one.name}: ${short(one.left)} → ${short(one.right)}`),
    ),
    under("Tasks", tasks.flatMap(taskLine)),
    under(
      "Output",
      values.map((one) => `${one.place || "output"}: ${short(one.left)} → ${short(one.right)}`),
    ),
    under("First different line", line ? [short(line.left?.text), short(line.right?.text)] : []),
  ];
  return sections
    .filter((section) => section.length > 0)
    .map((section) => section.join("\n"))
    .join("\n\n");
}

function about(run: Run): string {
  const length = run.duration_ms === null ? "goes on" : duration(run.duration_ms);
  return `${run.name}  ${run.state}  ${length}  version ${run.version?.slice(0, 8) ?? "unknown"}`;
}

function under(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`)];
}

function taskLine(task: Comparison["tasks"][number]): string[] {
  const by = longer(task.left?.duration_ms, task.right?.duration_ms);
  const same = task.left?.state === task.right?.state;
  if (same && by === null) return [];
  const states = same ? ending(task.left) : `${ending(task.left)} → ${ending(task.right)}`;
  return [`${task.path}: ${states}${by === null ? "" : ` ${signed(by)}`}`];
}

function short(value: unknown): string {
  const text = value === undefined ? "not there" : brief(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}
