// A task of a flow that the run called, as it is drawn in the run's graph: how it stands, and the way to its run.

import { Link } from "@tanstack/react-router";
import { calledFlow, type DrawnNode, innerPath } from "../graph/called";
import { useLiveNode } from "../graph/nodeStates";
import { tally } from "../graph/words";
import { Icon, kindIcon } from "../parts/Icon";
import { State } from "../parts/State";

interface Props {
  node: DrawnNode;
  /** the run that it belongs to; `null`: it has not begun */
  run: string | null;
  onClose: () => void;
}

export function CalledTask({ node, run, onClose }: Props) {
  const live = useLiveNode(node.task);
  const flow = node.called?.flow ?? "";
  const says = node.called?.says ?? null;
  const calls = calledFlow(node);
  return (
    <aside className="panel side" aria-label={`Task ${innerPath(node.path)}`}>
      <header className="insp-h">
        <div className="r">
          <Icon name={says === null ? kindIcon(node.kind) : "info"} />
          <h2 className="mono cut">{says === null ? innerPath(node.path) : node.name}</h2>
          <span className="grow" />
          <button type="button" className="btn btn-icon btn-ghost btn-s" aria-label="Close" onClick={onClose}>
            <Icon name="x" />
          </button>
        </div>
        {says === null && (
          <div className="r">
            {live?.state ? <State state={live.state} chip /> : <span className="faint">Not begun</span>}
            {live && live.total > 1 && <span className="small dim">{tally(live).join(", ")}</span>}
          </div>
        )}
      </header>
      <div className="panel-b scroll">
        {says === null ? (
          <p className="sect small">
            A task of the flow{" "}
            <Link className="link mono" to="/flows/$flow" params={{ flow }}>
              {flow}
            </Link>
            , which this run calls
            {calls !== null && (
              <>
                ; it calls <code>{calls}</code>
              </>
            )}
            .
          </p>
        ) : (
          <p className="sect small">{node.fact}</p>
        )}
        {run !== null && (
          <p className="sect small">
            Its result and its log are with the run{" "}
            <Link className="link mono" to="/runs/$run" params={{ run }}>
              {run.slice(0, 8)}
            </Link>
            .
          </p>
        )}
      </div>
    </aside>
  );
}
