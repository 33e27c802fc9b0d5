// One task on the canvas: kind, name, state and one fact; of a mapped task also how many items are in which
// state. At most eight elements, drawn anew only when its own state or selection changes.

import type { Node, NodeProps } from "@xyflow/react";
import { memo, useContext } from "react";
import { worstOf } from "../parts/severity";
import { STATES } from "../parts/states";
import { ChangeMark } from "./ChangeMark";
import { callsFlow } from "./called";
import { ChangesContext, spokenChange, whatChanged } from "./changes";
import { MarksContext } from "./marks";
import { useLiveNode } from "./nodeStates";
import { kindRef, OPEN_REF, problemRef, stateRef } from "./Sprite";
import type { ShapeNode } from "./shape";
import { DetailContext, FoldContext, OpensContext } from "./surroundings";
import { factOf, progress, spoken, tally } from "./words";

export type TaskNodeData = { shape: ShapeNode; found: boolean; domId: string };
export type TaskFlowNode = Node<TaskNodeData, "task">;

/** States whose colour the node's edge takes. */
const LOUD = new Set(["running", "paused", "failed", "crashed", "late", "cancelling"]);

export const TaskNode = memo(function TaskNode({ data, selected }: NodeProps<TaskFlowNode>) {
  const { shape, found, domId } = data;
  const { node } = shape;
  const says = node.called?.says ?? null;
  const detail = useContext(DetailContext);
  const live = useLiveNode(shape.id);
  const mark = useContext(MarksContext).get(node.path);
  const change = useContext(ChangesContext)?.get(shape.id);
  const drawing = live?.state ? STATES[live.state].drawing : null;
  const worst = worstOf(node.problems) ?? (says === "problem" ? "error" : null);
  const classes = ["node", "gn"];
  if (node.mapped) classes.push("stacked");
  if ((node.mapped || says !== null) && !shape.small) classes.push("three");
  if (shape.small) classes.push("mini");
  if (selected) classes.push("is-selected");
  if (found) classes.push("is-found");
  if (change) classes.push("is-change", `ch-${change.change}`);
  if (node.called) classes.push(says === null ? "is-called" : "is-said");
  if (worst) classes.push("has-problem", `has-${worst}`);
  if (worst && drawing) classes.push("has-both");
  if (live && (drawing === null || drawing === "skipped" || drawing === "pending")) classes.push("is-dim");
  if (drawing) classes.push(`s-${drawing}`);
  if (drawing && LOUD.has(drawing)) classes.push("is-live");
  const said = mark ? `, ${mark.pinned ? "pinned" : `stale: ${mark.stale}`}` : "";
  const label = `${spoken(node, shape.inner, live)}${said}${spokenChange(change)}`;
  // Too small to read: a shape for each state, and nothing that costs.
  if (detail === "shapes") {
    return <div className={`gs ${classes.slice(2).join(" ")}`} id={domId} role="img" aria-label={label} />;
  }
  const top = shape.small ? 5 : 2;
  return (
    <div className={classes.join(" ")} id={domId} role="img" aria-label={label}>
      {(shape.folded || callsFlow(node)) && <Open shape={shape} />}
      <svg className="gn-icons" aria-hidden="true" width={shape.width - 2} height="20">
        {says === null && (
          <use
            href={kindRef(shape.inner > 0 ? "tasks" : node.kind)}
            x={shape.small ? 6 : 10}
            y={top}
            width="16"
            height="16"
          />
        )}
        {worst && (
          <use
            href={problemRef(worst)}
            className={`gn-problem is-${worst}`}
            x={shape.width - (drawing ? 46 : 26)}
            y={top}
            width="16"
            height="16"
          />
        )}
        {drawing && (
          <use
            href={stateRef(drawing)}
            className="gn-state"
            x={shape.width - 24}
            y={top + 1}
            width="14"
            height="14"
          />
        )}
      </svg>
      <span className="name">{node.name}</span>
      {shape.small ? (
        node.mapped && live && live.total > 0 && <span className="n">{progress(live)}</span>
      ) : (
        <span className="what" title={says === null ? undefined : factOf(node, 0)}>
          {(change && whatChanged(change)) ?? second(shape, live)}
        </span>
      )}
      {change && <ChangeMark change={change.change} small={shape.small} />}
      {mark && !shape.small && (
        <span className={`gn-mark ${mark.pinned ? "is-pinned" : ""}`} title={mark.stale ?? undefined}>
          {mark.pinned ? "pinned" : "stale"}
        </span>
      )}
      {node.mapped && !shape.small && (
        <span className="tally">
          {live && live.total > 0 ? tally(live).join(" · ") : "one for each item"}
        </span>
      )}
    </div>
  );
});

/** Opens what is folded, for who has a pointer; the canvas around it has the key. */
function Open({ shape }: { shape: ShapeNode }) {
  const fold = useContext(FoldContext);
  const opensFlows = useContext(OpensContext);
  if (!shape.folded && !opensFlows) return null;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: see above
    // biome-ignore lint/a11y/noStaticElementInteractions: what a screen reader says of a task has no parts
    <span
      className="gn-open canvas-own nodrag nopan"
      title={`Open ${shape.node.name} here`}
      onClick={(event) => {
        event.stopPropagation();
        fold(shape.id);
      }}
    >
      <svg aria-hidden="true" width="12" height="12">
        <use href={OPEN_REF} />
      </svg>
    </span>
  );
}

function second(shape: ShapeNode, live: ReturnType<typeof useLiveNode>): string {
  const fact = factOf(shape.node, shape.inner);
  if (live && !shape.node.mapped && live.total > 1) return tally(live).join(" · ");
  if (live && live.attempts > 1) return `attempt ${live.attempts} · ${fact}`;
  return fact;
}
