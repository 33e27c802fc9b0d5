// The canvas, or the list of steps in its place, with its toolbar and all that opens over it.

import { ReactFlowProvider } from "@xyflow/react";
import { type ReactNode, useLayoutEffect, useMemo } from "react";
import { MarksContext } from "../../graph/marks";
import { NodeStatesContext } from "../../graph/nodeStates";
import { OpensContext } from "../../graph/surroundings";
import { useCalled } from "../../graph/useCalled";
import { Keys } from "../../shell/Keys";
import { brokenAt } from "../broken";
import { ConnectPalette } from "../ConnectPalette";
import { ContextMenu } from "../ContextMenu";
import { useEdited } from "../context";
import { EdgeDialog } from "../EdgeDialog";
import { NodePalette } from "../NodePalette";
import { SaidBar } from "../SaidBar";
import { StepTree } from "../StepTree";
import { Toolbar } from "../Toolbar";
import { useActions, useBuildContext, useClipboard } from "../useBuildContext";
import { useBuildView, useViewed } from "../view";
import { Canvas } from "./Canvas";
import { useLiveRun } from "./live";
import { useStandings } from "./standings";

interface Props {
  flow: string;
  onShow: (line: number, column: number) => void;
}

export function CanvasSide({ flow, onShow }: Props) {
  const context = useBuildContext();
  useActions(context);
  useClipboard(context);
  const own = useEdited((snapshot) => snapshot.graph);
  const opened = useEdited((snapshot) => snapshot.layout.opened);
  const graph = useCalled(own, flow, opened);
  const view = useBuildView();
  useLayoutEffect(() => view.set({ drawn: graph }), [view, graph]);
  const isOld = useEdited((snapshot) => brokenAt(snapshot) !== null);
  const shows = useViewed((state) => state.shows);
  const sought = useViewed((state) => state.sought);
  const live = useLiveRun(flow, graph);
  const marks = useStandings(flow, live.isLive);
  const found = useMemo(() => {
    const text = sought.trim().toLowerCase();
    if (text === "" || !graph) return [];
    return graph.nodes
      .filter(({ path, kind, fact }) =>
        [path, kind, fact ?? ""].some((part) => part.toLowerCase().includes(text)),
      )
      .map((node) => node.path);
  }, [graph, sought]);
  const foundSet = useMemo(() => new Set(found), [found]);
  return (
    <ReactFlowProvider>
      {live.follow}
      <NodeStatesContext value={live.states}>
        <MarksContext value={marks}>
          <Toolbar context={context} found={found} />
          <StageBox>
            {!graph ? (
              <Empty isOld={isOld} />
            ) : shows === "list" ? (
              <StepTree graph={graph} found={foundSet} label={`The steps of ${flow}`} old={isOld} />
            ) : (
              <OpensContext value={true}>
                <Canvas
                  graph={graph}
                  found={foundSet}
                  label={`The graph of ${flow}`}
                  old={isOld}
                  live={live}
                />
              </OpensContext>
            )}
            {graph && graph.nodes.length === 0 && shows === "graph" && <First />}
            <SaidBar onShow={onShow} />
          </StageBox>
        </MarksContext>
      </NodeStatesContext>
      <NodePalette />
      <ConnectPalette />
      <EdgeDialog />
      <ContextMenu context={context} />
    </ReactFlowProvider>
  );
}

/** Busy while the engine has not answered for the text as it is: what is drawn may move. */
function StageBox({ children }: { children: ReactNode }) {
  const isBusy = useEdited(({ document, reported, unchecked }) => !unchecked && reported !== document.text);
  return (
    <div className="build-stage" aria-busy={isBusy}>
      {children}
    </div>
  );
}

function Empty({ isOld }: { isOld: boolean }) {
  if (!isOld) return <div className="canvas graph-canvas" />;
  return (
    <p className="sect dim">
      The flow is drawn once its text can be read. What is wrong stands above, with its line.
    </p>
  );
}

function First() {
  return (
    <p className="build-first dim">
      There is no task yet. <Keys keys="Tab" /> adds one.
    </p>
  );
}
