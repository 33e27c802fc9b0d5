// A task of a flow that is called, as it is drawn here: what it is, whose it is, and the way to where it is changed.

import { useMemo } from "react";
import { calledFlow, type DrawnNode, innerPath } from "../../graph/called";
import { needsOf } from "../../graph/words";
import { Icon, kindIcon } from "../../parts/Icon";
import { Said } from "../../parts/Said";
import { Keys } from "../../shell/Keys";
import { useBuildContext } from "../useBuildContext";
import { useViewed } from "../view";

export function CalledPanel({ path }: { path: string }) {
  const drawn = useViewed((state) => state.drawn);
  const node = useMemo(
    () => drawn?.nodes.find((one: DrawnNode) => one.path === path) as DrawnNode | undefined,
    [drawn, path],
  );
  const { openFlow } = useBuildContext();
  if (!drawn || !node?.called) return null;
  const { flow, says } = node.called;
  const calls = calledFlow(node);
  const needs = needsOf(drawn, node.task);
  return (
    <>
      <header className="panel-h">
        <Icon name={says === "problem" ? "warn" : says === null ? kindIcon(node.kind) : "info"} />
        <h2 className="mono cut">{says === null ? innerPath(path) : node.name}</h2>
      </header>
      <div className="panel-b scroll">
        <section className="sect fields" aria-label="Where it belongs">
          {says === null ? (
            <p>
              A task of the flow <code>{flow}</code>, drawn here as it is. It is changed there, for all that
              call it.
            </p>
          ) : (
            <p>
              <Said text={`\`${node.name}\` ${node.fact ?? ""}`} />
            </p>
          )}
          <div className="several-acts">
            {flow !== "" && (
              <button type="button" className="btn btn-s" onClick={() => openFlow(flow)}>
                Open {flow} <Keys keys="O" />
              </button>
            )}
            {calls !== null && (
              <button type="button" className="btn btn-s" onClick={() => openFlow(calls)}>
                Open {calls}, which it calls
              </button>
            )}
          </div>
        </section>
        {says === null && (
          <dl className="sect facts-list" aria-label="The task">
            <Fact name="Kind" value={node.kind === "tasks" ? "group" : node.kind} />
            <Fact name="What" value={node.fact} />
            <Fact name="Runs" value={needs || null} />
            <Fact name="When" value={node.when} />
          </dl>
        )}
        {node.problems.map((problem) => (
          <p key={`${problem.line} ${problem.message}`} className="problem-line insp-problem">
            <Icon name="warn" className="i-14" />
            <span>
              line {problem.line}: <Said text={problem.message} />
            </span>
          </p>
        ))}
      </div>
    </>
  );
}

function Fact({ name, value }: { name: string; value: string | null }) {
  if (value === null) return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd className="mono">{value}</dd>
    </div>
  );
}
