// The canvas beside the text.

import { lazy, Suspense } from "react";
import { useEdited, useEditor } from "../context";

// The layout engine is large; it comes with the first graph that is looked at.
const FlowGraph = lazy(() => import("../../graph/FlowGraph").then((file) => ({ default: file.FlowGraph })));

export function CanvasSide({ flow }: { flow: string }) {
  const editor = useEditor();
  const graph = useEdited((snapshot) => snapshot.graph);
  const selected = useEdited(
    (snapshot) => snapshot.graph?.nodes.find((node) => node.path === snapshot.selection.at(-1))?.task ?? null,
  );
  if (!graph) return null;
  return (
    <Suspense>
      <FlowGraph
        graph={graph}
        selected={selected}
        onSelect={(task) =>
          editor.select(graph.nodes.filter((node) => node.task === task).map((node) => node.path))
        }
        label={`The graph of ${flow}`}
      />
    </Suspense>
  );
}
