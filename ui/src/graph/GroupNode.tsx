// A group whose inside is drawn: a tinted frame around it, with a button that folds it.

import type { Node, NodeProps } from "@xyflow/react";
import { memo, useContext } from "react";
import { Icon } from "../parts/Icon";
import { StateIcon } from "../parts/State";
import { STATES } from "../parts/states";
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
  const shown = live?.state ? STATES[live.state] : null;
  const classes = ["group", "gn-group"];
  if (selected) classes.push("is-selected");
  if (found) classes.push("is-found");
  return (
    <div
      className={classes.join(" ")}
      id={domId}
      role="group"
      aria-label={spoken(shape.node, shape.inner, live)}
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
          <b>{shape.node.name}</b>
          {!shape.small && <span>{factOf(shape.node, shape.inner)}</span>}
          {shown && <StateIcon drawing={shown.drawing} size={12} label={shown.word} />}
        </div>
      )}
    </div>
  );
});
