// The flow as a list of steps with the same powers as the canvas, for the keyboard and for screen readers.

import { type KeyboardEvent, type MouseEvent, useMemo } from "react";
import type { Graph } from "../api/types";
import { callsFlow, type DrawnNode } from "../graph/called";
import { useLiveNode } from "../graph/nodeStates";
import { factOf, needWord, tally } from "../graph/words";
import { Icon, kindIcon } from "../parts/Icon";
import { State } from "../parts/State";
import { signOf, worstOf } from "../parts/severity";
import { RenameField } from "./canvas/Rename";
import { useEdited, useEditor } from "./context";
import { focusInspector, focusWork } from "./focus";
import { turned } from "./layout";
import { useBuildView, useViewed } from "./view";

interface Step {
  readonly node: DrawnNode;
  readonly depth: number;
  /** how many tasks stand in it */
  readonly inner: number;
  /** whether what is in it is listed; `null`: it can have nothing in it */
  readonly isOpen: boolean | null;
  readonly needs: string;
}

interface Props {
  graph: Graph;
  found: ReadonlySet<string>;
  label: string;
  /** what is listed is what the text was before */
  old: boolean;
}

export function StepTree({ graph, found, label, old }: Props) {
  const editor = useEditor();
  const view = useBuildView();
  const folded = useEdited((snapshot) => snapshot.layout.folded);
  const selection = useEdited((snapshot) => snapshot.selection);
  const steps = useMemo(() => stepsOf(graph, new Set(folded)), [graph, folded]);
  const last = selection.at(-1) ?? null;
  const at = steps.findIndex((step) => step.node.path === last);
  const fold = ({ node }: Step) => editor.fold((layout) => turned(layout, node));
  const select = (step: Step | undefined, extends_: boolean) => {
    if (!step) return;
    const { path } = step.node;
    view.set({ edge: null, note: null });
    editor.select(extends_ ? [...selection.filter((one) => one !== path), path] : [path]);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const here = steps[at];
    const go = (to: number) => select(steps[Math.max(0, Math.min(steps.length - 1, to))], event.shiftKey);
    if (event.key === "ArrowDown") go(at + 1);
    else if (event.key === "ArrowUp") go(at - 1);
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(steps.length - 1);
    else if (event.key === "ArrowRight" && here?.isOpen === false) fold(here);
    else if (event.key === "ArrowRight" && here?.isOpen) go(at + 1);
    else if (event.key === "ArrowLeft" && here?.isOpen) fold(here);
    else if (event.key === "ArrowLeft" && here)
      select(
        steps.find((step) => step.node.task === here.node.parent),
        false,
      );
    else if (event.key === "Insert" || event.key === "a" || event.key === "A")
      view.set({ adding: { from: null, at: null } });
    else if (event.key === "Enter" && here) focusInspector();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      className={`steps scroll ${old ? "is-greyed" : ""}`}
      role="tree"
      aria-label={label}
      aria-multiselectable="true"
      data-work="list"
      tabIndex={0}
      aria-activedescendant={at < 0 ? undefined : stepId(steps[at]?.node.path ?? "")}
      onKeyDown={onKeyDown}
    >
      {steps.map((step) => (
        <StepRow
          key={step.node.path}
          step={step}
          isSelected={selection.includes(step.node.path)}
          isFound={found.has(step.node.path)}
          onSelect={(extends_) => select(step, extends_)}
          onFold={() => fold(step)}
          onMenu={(point) => {
            if (!selection.includes(step.node.path)) select(step, false);
            view.set({ menu: { ...point, of: step.node.called ? "called" : "task" } });
          }}
        />
      ))}
    </div>
  );
}

function stepId(path: string): string {
  return `step-${path.replaceAll("/", "--")}`;
}

interface RowProps {
  step: Step;
  isSelected: boolean;
  isFound: boolean;
  onSelect: (extends_: boolean) => void;
  onFold: () => void;
  onMenu: (point: { x: number; y: number }) => void;
}

function StepRow({ step, isSelected, isFound, onSelect, onFold, onMenu }: RowProps) {
  const { node, depth, inner, isOpen, needs } = step;
  const says = node.called?.says ?? null;
  const worst = worstOf(node.problems);
  const isRenamed = useViewed((state) => state.renaming === node.path);
  const live = useLiveNode(node.task);
  const view = useBuildView();
  const onClick = (event: MouseEvent) => {
    if (isOpen !== null && isSelected && !event.shiftKey && !event.ctrlKey) onFold();
    else onSelect(event.shiftKey || event.ctrlKey || event.metaKey);
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree around it has the keys
    <div
      id={stepId(node.path)}
      role="treeitem"
      aria-level={depth + 1}
      aria-selected={isSelected}
      aria-expanded={isOpen ?? undefined}
      className={`step ${isSelected ? "is-selected" : ""} ${isFound ? "is-found" : ""} ${node.called ? "is-called" : ""}`}
      style={{ paddingInlineStart: 8 + depth * 18 }}
      onClick={onClick}
      onDoubleClick={() => !node.called && view.set({ renaming: node.path })}
      onContextMenu={(event) => {
        event.preventDefault();
        onMenu({ x: event.clientX, y: event.clientY });
      }}
    >
      {isOpen === null ? (
        <span className="i-12" />
      ) : (
        <Icon name={isOpen ? "down" : "right"} className="i-12" />
      )}
      {says === null && <Icon name={kindIcon(node.kind)} className="i-14" />}
      {isRenamed ? (
        <span className="build-rename-row">
          <RenameField path={node.path} onDone={focusWork} />
        </span>
      ) : (
        <code className="cut">{node.name}</code>
      )}
      {worst && <Icon name={signOf(worst)} className={`i-14 step-problem is-${worst}`} />}
      {!worst && says === "problem" && <Icon name="warn" className="i-14" />}
      {live?.state && <State state={live.state} />}
      {live && live.total > 1 && <span className="small dim cut">{tally(live).join(" · ")}</span>}
      {node.mapped && <span className="small dim">for each item</span>}
      <span className="small faint cut">{factOf(node, inner)}</span>
      {node.called && says === null && <span className="small faint">of {node.called.flow}, as it is</span>}
      <span className="grow" />
      <span className="small faint cut">{needs}</span>
    </div>
  );
}

/** Tasks in the order of the file, those of folded groups left out. */
export function stepsOf(graph: Graph, folded: ReadonlySet<string>): readonly Step[] {
  const byTask = new Map(graph.nodes.map((node) => [node.task, node]));
  const above = ({ parent }: DrawnNode) => (parent === null ? undefined : byTask.get(parent));
  const inner = new Map<number, number>();
  for (const { parent } of graph.nodes) if (parent !== null) inner.set(parent, (inner.get(parent) ?? 0) + 1);
  const needs = new Map<number, string[]>();
  for (const edge of graph.edges) {
    const said = needWord(edge, byTask.get(edge.from)?.name ?? "");
    const list = needs.get(edge.to);
    if (list) list.push(said);
    else needs.set(edge.to, [said]);
  }
  return graph.nodes.flatMap((node) => {
    let depth = 0;
    for (let around = above(node); around; around = above(around)) {
      if (folded.has(around.path)) return [];
      depth += 1;
    }
    const after = needs.get(node.task);
    const within = inner.get(node.task) ?? 0;
    // A flow that is called is listed only where it is open.
    const isOpen = callsFlow(node) ? within > 0 : !folded.has(node.path);
    return [
      {
        node,
        depth,
        inner: within,
        isOpen: within > 0 || callsFlow(node) ? isOpen : null,
        needs: after ? `after ${after.join(", ")}` : "",
      },
    ];
  });
}
