// Why the canvas shows what the text was, and not what it is.

import { Icon } from "../parts/Icon";
import { Said } from "../parts/Said";
import type { FlowSnapshot } from "./context";
import { useEdited } from "./context";

/** Why the text cannot be drawn; `null`: it can be. */
export function brokenAt({ document, report, reported }: FlowSnapshot): Broken | null {
  if (document.failure) {
    const before = document.text.slice(0, document.failure.from);
    const line = before.split("\n").length;
    return {
      line,
      column: before.length - before.lastIndexOf("\n"),
      message: document.failure.message,
    };
  }
  if (report?.graph !== null || reported !== document.text) return null;
  const problem = report.problems.find(({ severity }) => severity === "error");
  return problem ? { line: problem.line, column: problem.column, message: problem.message } : null;
}

interface Broken {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export function Banner({ onShow }: { onShow: (line: number, column: number) => void }) {
  // Words and numbers only: what is the same is not drawn again.
  const said = useEdited((snapshot) => {
    const broken = brokenAt(snapshot);
    return broken ? JSON.stringify(broken) : null;
  });
  const unchecked = useEdited((snapshot) => snapshot.unchecked);
  if (said === null)
    return unchecked ? (
      <p className="banner" role="status">
        <Icon name="unlink" />
        The engine does not answer: what is drawn and what is wrong is as of before
      </p>
    ) : null;
  const { line, column, message } = JSON.parse(said) as Broken;
  return (
    <p className="banner" role="status">
      <Icon name="warn" />
      <span className="cut">
        <b>Line {line}</b>: <Said text={message} />
        <span className="faint"> — the canvas shows the flow as it was before</span>
      </span>
      <span className="grow" />
      <button type="button" className="btn btn-s" onClick={() => onShow(line, column)}>
        Show
      </button>
    </p>
  );
}
