// What the flow's text was whenever it ran or was saved, what changed between two of them, and the way back to one.

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { saveFlowText } from "../api/actions";
import { flowVersionDiff, flowVersions, flowVersionText } from "../api/queries";
import type { FlowVersion, VersionText } from "../api/types";
import { CodeView } from "../parts/CodeView";
import { DiffView } from "../parts/DiffView";
import { count, when } from "../parts/format";
import { Split } from "../shell/Split";
import { Trouble } from "../shell/Trouble";
import { toast, toastError } from "../shell/toast";
import { VersionGraph } from "./VersionGraph";

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
    return (
      <p className="sect dim">
        A version is kept whenever the flow is saved here, and with the first run of it; there was none yet.
      </p>
    );
  const right = search.right ?? versions[0]?.version ?? "";
  const at = versions.findIndex((one) => one.version === right);
  const left = search.left ?? versions[at + 1]?.version ?? right;
  return (
    <Split
      name="versions"
      parts={[
        {
          id: "list",
          label: "versions",
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
        {
          id: "text",
          content: (
            <Texts
              flow={flow}
              left={left}
              right={right}
              current={versions.find((one) => one.current)?.version ?? null}
            />
          ),
        },
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
          {one.saved_at && `saved ${when(new Date(one.saved_at), now)}, `}
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

interface TextsProps {
  flow: string;
  left: string;
  right: string;
  /** the version that the file is now; `null`: there is no file */
  current: string | null;
}

function Texts({ flow, left, right, current }: TextsProps) {
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
            <code>{right.slice(0, 12)}</code> <span className="faint">nothing to compare it with</span>
          </h2>
        ) : (
          <h2>
            <code>{left.slice(0, 12)}</code> <span className="faint">at the left, at the right</span>{" "}
            <code>{right.slice(0, 12)}</code>
            {before.data.text === after.data.text && <span className="faint"> · the texts are the same</span>}
          </h2>
        )}
        <span className="grow" />
        {current !== null && right !== current && (
          <Restore flow={flow} version={right} text={after.data.text} current={current} />
        )}
      </div>
      {left === right ? (
        <div className="panel-b">
          <CodeView text={after.data.text} label={`Version ${right}`} chosen={null} problems={NO_PROBLEMS} />
        </div>
      ) : (
        <Difference key={`${left} ${right}`} flow={flow} left={before.data} right={after.data} />
      )}
    </div>
  );
}

/** What changed as a graph, above what changed as text. */
function Difference({ flow, left, right }: { flow: string; left: VersionText; right: VersionText }) {
  const answer = useQuery(flowVersionDiff(flow, left.version, right.version));
  const graph = answer.data?.graph;
  const texts = (
    <DiffView
      left={left.text}
      right={right.text}
      labels={[`Version ${left.version}`, `Version ${right.version}`]}
    />
  );
  if (!graph || graph.tasks.length + graph.edges.length + graph.keys.length === 0)
    return (
      <>
        {graph === null && (
          <p className="versions-none small dim">
            One of the two cannot be read as a flow: there is no graph to compare.
          </p>
        )}
        <div className="panel-b">{texts}</div>
      </>
    );
  return (
    <div className="panel-b">
      <Split
        name="version"
        orientation="vertical"
        parts={[
          {
            id: "graph",
            size: "52%",
            min: 140,
            content: <VersionGraph flow={flow} left={left} right={right} diff={graph} />,
          },
          { id: "text", min: 100, content: texts },
        ]}
      />
    </div>
  );
}

/** Makes a version the file again; the one that it is now stays a version. */
function Restore({
  flow,
  version,
  text,
  current,
}: {
  flow: string;
  version: string;
  text: string;
  current: string;
}) {
  const client = useQueryClient();
  const restore = useMutation({
    mutationFn: () => saveFlowText(flow, text, current),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["flow", flow] });
      toast({ text: `The file is version ${version.slice(0, 12)} again`, icon: "check" });
    },
    onError: toastError,
  });
  return (
    <button type="button" className="btn btn-s" disabled={restore.isPending} onClick={() => restore.mutate()}>
      Restore <code>{version.slice(0, 8)}</code>
    </button>
  );
}
