// The flow's text, its problems and what it is about.

import { useState } from "react";
import type { FlowDetail } from "../api/types";
import { CodeView } from "../parts/CodeView";
import { count } from "../parts/format";
import { Icon } from "../parts/Icon";
import { Markdown } from "../parts/Markdown";
import { Said } from "../parts/Said";

export function BuildTab({ detail }: { detail: FlowDetail }) {
  const { summary, text } = detail;
  const [line, setLine] = useState<number | null>(null);
  const broken = summary.problems.find((problem) => problem.severity === "error");
  return (
    <div className="build">
      {broken && (
        <p className="banner">
          <Icon name="warn" />
          <span>
            <b>Line {broken.line}</b>: <Said text={broken.message} />
            {broken.hint && ` — ${broken.hint}`}
          </span>
          <span className="grow" />
          <button type="button" className="btn btn-s" onClick={() => setLine(broken.line)}>
            Show
          </button>
        </p>
      )}
      <div className="panel-h">
        <code>{summary.file}</code>
        <span className="faint">
          to read; change it in any editor, and it is read anew when you come back
        </span>
      </div>
      {summary.description && (
        <div className="about dim">
          <Markdown text={summary.description} />
        </div>
      )}
      <div className="build-text">
        <CodeView
          text={text}
          label={`The text of ${summary.name}`}
          problems={summary.problems}
          chosen={line === null ? null : { from: line, to: line }}
        />
      </div>
      {summary.problems.length > 0 && (
        <section className="problems" aria-label="Problems">
          <h2 className="panel-h">
            Problems <span className="faint">{count(summary.problems.length, "problem")}</span>
          </h2>
          <ul className="scroll">
            {summary.problems.map((problem) => (
              <li key={`${problem.line}:${problem.column} ${problem.message}`}>
                <button type="button" className="prob" onClick={() => setLine(problem.line)}>
                  <Icon name="warn" />
                  <code className="faint">
                    {problem.line}:{problem.column}
                  </code>
                  <span className="cut">
                    <Said text={problem.message} />
                    {problem.hint && <span className="faint"> — {problem.hint}</span>}
                  </span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}
