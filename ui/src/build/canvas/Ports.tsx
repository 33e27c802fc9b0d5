// Where an edge can be drawn from: three ports below the task that the pointer is on, one for each outcome.

import { ViewportPortal } from "@xyflow/react";
import { useEffect, useState } from "react";
import type { Box } from "../../graph/place";
import type { Shape } from "../../graph/shape";
import { portsOf } from "./gestures";

interface Props {
  root: React.RefObject<HTMLDivElement | null>;
  shape: Shape;
  boxes: ReadonlyMap<number, Box>;
}

/** Below a mapped task its stack hangs. */
const STACK = 6;

export function Ports({ root, shape, boxes }: Props) {
  const hovered = useHovered(root);
  const node = shape.nodes.find((one) => one.id === hovered);
  const box = hovered === null ? undefined : boxes.get(hovered);
  if (!node || node.node.called || !box) return null;
  return (
    <ViewportPortal>
      {portsOf(box).map(({ on, x, y }) => (
        <span
          key={on}
          className={`build-port on-${on}`}
          data-port={on}
          data-of={node.id}
          title={`Drag to what runs when ${node.node.name} ${on === "finished" ? "finished, however" : on}`}
          style={{ left: x, top: y + (node.node.mapped ? STACK : 0) }}
        />
      ))}
    </ViewportPortal>
  );
}

/** The task that the pointer is on; while it goes from the task to a port, still that. */
function useHovered(root: React.RefObject<HTMLDivElement | null>): number | null {
  const [hovered, setHovered] = useState<number | null>(null);
  useEffect(() => {
    const ground = root.current;
    if (!ground) return;
    const over = (event: PointerEvent) => {
      if (!(event.target instanceof Element) || event.buttons !== 0) return;
      const node = event.target.closest<HTMLElement>(".react-flow__node");
      const of = event.target.closest<HTMLElement>("[data-port]")?.dataset.of ?? node?.dataset.id;
      setHovered(of === undefined ? null : Number(of));
    };
    const out = () => setHovered(null);
    ground.addEventListener("pointerover", over);
    ground.addEventListener("pointerleave", out);
    return () => {
      ground.removeEventListener("pointerover", over);
      ground.removeEventListener("pointerleave", out);
    };
  }, [root]);
  return hovered;
}
