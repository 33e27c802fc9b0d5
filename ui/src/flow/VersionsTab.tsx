// What the flow's text was when it ran, and what changed between two of them.

import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { flowVersions, flowVersionText } from "../api/queries";
import type { FlowVersion } from "../api/types";
import { CodeView } from "../parts/CodeView";
import { DiffView } from "../parts/DiffView";
import { count, when } from "../parts/format";
import { Split } from "../shell/Split";
import { Trouble } from "../shell/Trouble";

const NO_PROBLEMS: never[] = [];

export function VersionsTab({ flow }: { flow: string }) {
  const answer = useQuery(flowVersions(flow));
  const search = useSearch({ from: "/flows/$flow" });
  const navigate = useNavigate({ from: "/flows/$flow" });
  if (answer.error && !answer.data)
    return <Trouble error={answer.error} again={() => void answer.refetch()} />;
  const versions = answer.data?.versions ?? [];
  if (!answer.data) return null;
  if (versions.length === 0)
    return <p className="sect dim">A version is kept with the first run of it; there was no run yet.</p>;
  const right = search.right ?? versions[0]?.version ?? "";
  const at = versions.findIndex((one) => one.version === right);
  const left = search.left ?? versions[at + 1]?.version ?? right;
  return (
    <Split
      name="versions"
      parts={[
        {
          id: "list",
          size: 320,
          min: 240,
          content: (
            <ul className="versions scroll" aria-label="Versions">
              {versions.map((one) => (
                <Row
                  key={one.version}
                  version={one}
                  side={one.version === right ? "right" : one.version === left ? "left" : null}
                  onShow={() => void navigate({ search: { tab: "versions", right: one.version } })}
                  onCompare={() => void navigate({ search: { tab: "versions", left: one.version, right } })}
                />
              ))}
            </ul>
          ),
        },
        { id: "text", content: <Texts flow={flow} left={left} right={right} /> },
      ]}
    />
  );
}

function Row({
  version: one,
  side,
  onShow,
  onCompare,
}: {
  version: FlowVersion;
  side: "left" | "right" | null;
  onShow: () => void;
  onCompare: () => void;
}) {
  const now = new Date();
  return (
    <li className={`version ${side === "right" ? "is-selected is-cursor" : ""}`}>
      <button type="button" className="version-show" onClick={onShow} aria-current={side === "right"}>
        <span className="l1">
          <code>{one.version.slice(0, 12)}</code>
          {one.current && <span className="tag">the file now</span>}
          {side === "left" && <span className="tag">compared with</span>}
        </span>
        <span className="small faint">
          {one.runs === 0
            ? "never ran"
            : `${count(one.runs, "run")}${one.first_run_at ? `, ${when(new Date(one.first_run_at), now)}` : ""}${
                one.last_run_at && one.last_run_at !== one.first_run_at
                  ? ` – ${when(new Date(one.last_run_at), now)}`
                  : ""
              }`}
        </span>
      </button>
      {side === null && (
        <button type="button" className="btn btn-s" onClick={onCompare}>
          Compare
        </button>
      )}
    </li>
  );
}

function Texts({ flow, left, right }: { flow: string; left: string; right: string }) {
  const before = useQuery(flowVersionText(flow, left));
  const after = useQuery(flowVersionText(flow, right));
  const error = before.error ?? after.error;
  if (error) return <Trouble error={error} />;
  if (!before.data || !after.data) return null;
  return (
    <div className="panel versions-text">
      <div className="panel-h">
        {left === right ? (
          <h2>
            <code>{right.slice(0, 12)}</code> <span className="faint">the only version that ran</span>
          </h2>
        ) : (
          <h2>
            <code>{left.slice(0, 12)}</code> <span className="faint">at the left, at the right</span>{" "}
            <code>{right.slice(0, 12)}</code>
            {before.data.text === after.data.text && <span className="faint"> · the texts are the same</span>}
          </h2>
        )}
      </div>
      <div className="panel-b">
        {left === right ? (
          <CodeView text={after.data.text} label={`Version ${right}`} chosen={null} problems={NO_PROBLEMS} />
        ) : (
          <DiffView
            left={before.data.text}
            right={after.data.text}
            labels={[`Version ${left}`, `Version ${right}`]}
          />
        )}
      </div>
    </div>
  );
}
