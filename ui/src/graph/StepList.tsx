// The graph as a list of steps with the same content and powers, for the keyboard and for screen readers.

import { type KeyboardEvent, useContext, useMemo } from "react";
import { Icon, kindIcon } from "../parts/Icon";
import { State } from "../parts/State";
import { callsFlow, type DrawnNode } from "./called";
import { CHANGES, ChangesContext, whatChanged } from "./changes";
import { NodeStatesContext, useLiveNode } from "./nodeStates";
import type { DrawnEdge } from "./shape";
import { OpensContext } from "./surroundings";
import { factOf, tally } from "./words";

interface Props {
  graph: { nodes: readonly DrawnNode[]; edges: readonly DrawnEdge[] };
  selected: number | null;
  onSelect: (task: number | null) => void;
  onOpen?: (task: number) => void;
  label: string;
  folded: ReadonlySet<number>;
  onFold: (task: number) => void;
  found: ReadonlySet<number>;
}

interface Step {
  node: DrawnNode;
  depth: number;
  inner: number;
  /** whether what is in it is listed; `null`: it can have nothing in it */
  isOpen: boolean | null;
  needs: string;
}

export function StepList({ graph, selected, onSelect, onOpen, label, folded, onFold, found }: Props) {
  const opens = useContext(OpensContext);
  const steps = useMemo(() => stepsOf(graph, folded, opens), [graph, folded, opens]);
  const at = steps.findIndex((step) => step.node.task === selected);
  const onKeyDown = (event: KeyboardEvent) => {
    const chosen = steps[at];
    const go = (to: number) =>
      onSelect(steps[Math.max(0, Math.min(steps.length - 1, to))]?.node.task ?? null);
    if (event.key === "ArrowDown" || event.key === "j") go(at + 1);
    else if (event.key === "ArrowUp" || event.key === "k") go(at - 1);
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(steps.length - 1);
    else if (event.key === "ArrowRight" && chosen?.isOpen === false) onFold(chosen.node.task);
    else if (event.key === "ArrowLeft" && chosen?.isOpen) onFold(chosen.node.task);
    else if (event.key === "Enter" && chosen) onOpen?.(chosen.node.task);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      className="steps scroll"
      role="tree"
      aria-label={label}
      tabIndex={0}
      aria-activedescendant={selected === null ? undefined : `step-${selected}`}
      onKeyDown={onKeyDown}
    >
      {steps.map((step) => (
        <StepRow
          key={step.node.task}
          step={step}
          selected={step.node.task === selected}
          found={found.has(step.node.task)}
          onSelect={onSelect}
          onFold={onFold}
        />
      ))}
    </div>
  );
}

interface RowProps {
  step: Step;
  selected: boolean;
  found: boolean;
  onSelect: (task: number) => void;
  onFold: (task: number) => void;
}

function StepRow({ step, selected, found, onSelect, onFold }: RowProps) {
  const { node, depth, inner, isOpen, needs } = step;
  const says = node.called?.says ?? null;
  const live = useLiveNode(node.task);
  const change = useContext(ChangesContext)?.get(node.task);
  const inRun = useContext(NodeStatesContext).of(node.task) !== null;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree around it has the keys
    <div
      id={`step-${node.task}`}
      role="treeitem"
      aria-level={depth + 1}
      aria-selected={selected}
      aria-expanded={isOpen ?? undefined}
      className={`step ${selected ? "is-selected is-cursor" : ""} ${found ? "is-found" : ""}`}
      style={{ paddingInlineStart: 8 + depth * 18 }}
      onClick={() => (isOpen !== null && selected ? onFold(node.task) : onSelect(node.task))}
    >
      {isOpen === null ? (
        <span className="i-12" />
      ) : (
        <Icon name={isOpen ? "down" : "right"} className="i-12" />
      )}
      {says === null && (
        <Icon name={kindIcon(inner > 0 && !callsFlow(node) ? "tasks" : node.kind)} className="i-14" />
      )}
      <code className="cut">{node.name}</code>
      {change && (
        <span className={`change-${change.change} small`}>
          {CHANGES[change.change].word}
          {whatChanged(change) !== null && `: ${whatChanged(change)}`}
        </span>
      )}
      {live?.state && <State state={live.state} />}
      {inRun && says === null && !live?.state && <span className="faint">Not begun</span>}
      {live && live.total > 1 && <span className="small dim cut">{tally(live).join(" · ")}</span>}
      <span className="small faint cut">{factOf(node, inner)}</span>
      {node.called && says === null && <span className="small faint">of {node.called.flow}</span>}
      <span className="grow" />
      <span className="small faint cut">{needs}</span>
    </div>
  );
}

/** Tasks in the order of the file, those of folded groups left out. */
function stepsOf(graph: Props["graph"], folded: ReadonlySet<number>, opensFlows: boolean): Step[] {
  const byTask = new Map(graph.nodes.map((node) => [node.task, node]));
  const inner = new Map<number, number>();
  for (const node of graph.nodes)
    if (node.parent !== null) inner.set(node.parent, (inner.get(node.parent) ?? 0) + 1);
  const needs = new Map<number, string[]>();
  for (const edge of graph.edges) {
    const from = byTask.get(edge.from)?.name ?? "";
    const how = edge.on === "succeeded" ? "" : ` ${edge.on}`;
    const when = edge.condition === null ? "" : ` when ${edge.condition}`;
    needs.set(edge.to, [
      ...(needs.get(edge.to) ?? []),
      `${from}${how}${edge.implied ? " (implied)" : ""}${when}${edge.change ? ` (${edge.change})` : ""}`,
    ]);
  }
  return graph.nodes.flatMap((node) => {
    let depth = 0;
    for (
      let parent = node.parent;
      parent !== null && depth < 64;
      parent = byTask.get(parent)?.parent ?? null
    ) {
      if (folded.has(parent)) return [];
      depth += 1;
    }
    const after = needs.get(node.task);
    const within = inner.get(node.task) ?? 0;
    const calls = opensFlows && callsFlow(node);
    // What is called is listed only where it is open.
    const isOpen = within > 0 || calls ? within > 0 && !folded.has(node.task) : null;
    return [{ node, depth, inner: within, isOpen, needs: after ? `after ${after.join(", ")}` : "" }];
  });
}
