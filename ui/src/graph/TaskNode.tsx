// One task on the canvas: kind, name, state and one fact; of a mapped task also how many items are in which
// state. At most eight elements, drawn anew only when its own state or selection changes.

import type { Node, NodeProps } from "@xyflow/react";
import { memo, useContext } from "react";
import { worstOf } from "../parts/severity";
import { STATES } from "../parts/states";
import { MarksContext } from "./marks";
import { useLiveNode } from "./nodeStates";
import { kindRef, problemRef, stateRef } from "./Sprite";
import type { ShapeNode } from "./shape";
import { DetailContext } from "./surroundings";
import { factOf, progress, spoken, tally } from "./words";

export type TaskNodeData = { shape: ShapeNode; found: boolean; domId: string };
export type TaskFlowNode = Node<TaskNodeData, "task">;

/** States whose colour the node's edge takes. */
const LOUD = new Set(["running", "paused", "failed", "crashed", "late", "cancelling"]);

export const TaskNode = memo(function TaskNode({ data, selected }: NodeProps<TaskFlowNode>) {
  const { shape, found, domId } = data;
  const { node } = shape;
  const detail = useContext(DetailContext);
  const live = useLiveNode(shape.id);
  const mark = useContext(MarksContext).get(node.path);
  const drawing = live?.state ? STATES[live.state].drawing : null;
  const worst = worstOf(node.problems);
  const classes = ["node", "gn"];
  if (node.mapped) classes.push("stacked");
  if (node.mapped && !shape.small) classes.push("three");
  if (shape.small) classes.push("mini");
  if (selected) classes.push("is-selected");
  if (found) classes.push("is-found");
  if (worst) classes.push("has-problem", `has-${worst}`);
  if (worst && drawing) classes.push("has-both");
  if (live && (drawing === null || drawing === "skipped" || drawing === "pending")) classes.push("is-dim");
  if (drawing) classes.push(`s-${drawing}`);
  if (drawing && LOUD.has(drawing)) classes.push("is-live");
  const said = mark ? `, ${mark.pinned ? "pinned" : `stale: ${mark.stale}`}` : "";
  const label = `${spoken(node, shape.inner, live)}${said}`;
  // Too small to read: a shape for each state, and nothing that costs.
  if (detail === "shapes") {
    return <div className={`gs ${classes.slice(2).join(" ")}`} id={domId} role="img" aria-label={label} />;
  }
  const top = shape.small ? 5 : 2;
  return (
    <div className={classes.join(" ")} id={domId} role="img" aria-label={label}>
      <svg className="gn-icons" aria-hidden="true" width={shape.width - 2} height="20">
        <use
          href={kindRef(shape.inner > 0 ? "tasks" : node.kind)}
          x={shape.small ? 6 : 10}
          y={top}
          width="16"
          height="16"
        />
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
        <span className="what">{second(shape, live)}</span>
      )}
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

function second(shape: ShapeNode, live: ReturnType<typeof useLiveNode>): string {
  const fact = factOf(shape.node, shape.inner);
  if (live && !shape.node.mapped && live.total > 1) return tally(live).join(" · ");
  if (live && live.attempts > 1) return `attempt ${live.attempts} · ${fact}`;
  return fact;
}
