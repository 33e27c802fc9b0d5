// A group, or a flow that is called, whose inside is drawn: a frame around it, with a button that folds it.

import type { Node, NodeProps } from "@xyflow/react";
import { memo, useContext } from "react";
import { Icon, kindIcon } from "../parts/Icon";
import { StateIcon } from "../parts/State";
import { STATES } from "../parts/states";
import { ChangeMark } from "./ChangeMark";
import { ChangesContext, spokenChange } from "./changes";
import { useLiveNode } from "./nodeStates";
import type { ShapeNode } from "./shape";
import { DetailContext, FoldContext } from "./surroundings";
import { factOf, spoken } from "./words";

export type GroupNodeData = { shape: ShapeNode; found: boolean; domId: string };
export type GroupFlowNode = Node<GroupNodeData, "frame">;

export const GroupNode = memo(function GroupNode({ data, selected }: NodeProps<GroupFlowNode>) {
  const { shape, found, domId } = data;
  const live = useLiveNode(shape.id);
  const fold = useContext(FoldContext);
  const detail = useContext(DetailContext);
  const change = useContext(ChangesContext)?.get(shape.id);
  const shown = live?.state ? STATES[live.state] : null;
  const classes = ["group", "gn-group"];
  const isFlow = shape.node.kind === "flow";
  if (isFlow) classes.push("is-flow");
  if (shape.node.called) classes.push("is-called");
  if (selected) classes.push("is-selected");
  if (found) classes.push("is-found");
  if (change) classes.push("is-change", `ch-${change.change}`);
  return (
    <div
      className={classes.join(" ")}
      id={domId}
      role="group"
      aria-label={`${spoken(shape.node, shape.inner, live)}${spokenChange(change)}`}
    >
      {detail !== "shapes" && (
        <div className="gh nopan">
          <button
            type="button"
            className="gn-fold nodrag nopan"
            tabIndex={-1}
            aria-expanded="true"
            aria-label={`Fold ${shape.node.name}`}
            onClick={(event) => {
              event.stopPropagation();
              fold(shape.id);
            }}
          >
            <Icon name="down" className="i-12" />
          </button>
          {isFlow && <Icon name={kindIcon("flow")} className="i-12" />}
          <b>{shape.node.name}</b>
          {!shape.small && <span>{factOf(shape.node, shape.inner)}</span>}
          {change && <ChangeMark change={change.change} />}
          {shown && <StateIcon drawing={shown.drawing} size={12} label={shown.word} />}
        </div>
      )}
    </div>
  );
});
