// What went into the two runs: parameters, and the lines of the file that differ.

import { useMemo } from "react";
import type { Comparison, DiffLine } from "../api/types";
import { count } from "../parts/format";
import { type Hunk, hunksOf } from "./hunks";
import { Value } from "./Value";

/** Equal lines that are shown around a changed one. */
const AROUND = 3;

export function Inputs({ answer, only }: { answer: Comparison; only: boolean }) {
  const { inputs, same_version, diff } = answer;
  const lines = diff.filter((line) => line.kind !== "same").length;
  const changed = inputs.filter((input) => !input.same).length;
  return (
    <section className="panel" aria-label="What went in">
      <div className="panel-h">
        <h2>What went in</h2>
        <span className="faint cut">
          {changed === 0 ? "the same parameters" : `${changed} of ${count(inputs.length, "parameter")}`}
          {same_version ? ", the same file" : `, ${count(lines, "line")} of the file`}
        </span>
      </div>
      <div className="panel-b scroll">
        <Parameters answer={answer} only={only} />
        {same_version ? (
          <p className="sect small dim">Both ran the same version of the flow.</p>
        ) : (
          <Diff lines={diff} only={only} />
        )}
      </div>
    </section>
  );
}

function Parameters({ answer, only }: { answer: Comparison; only: boolean }) {
  const { inputs, left, right } = answer;
  const shown = only ? inputs.filter((input) => !input.same) : inputs;
  if (shown.length === 0) {
    const all = inputs.length === 0 ? "Neither run had parameters." : "All parameters are the same.";
    return <p className="sect small dim">{all}</p>;
  }
  return (
    <table className="pars">
      <thead>
        <tr className="th">
          <th scope="col">Parameter</th>
          <th scope="col">{left.name}</th>
          <th scope="col">{right.name}</th>
        </tr>
      </thead>
      <tbody>
        {shown.map((input) => (
          <tr key={input.name} className={input.same ? "faint" : ""}>
            <th scope="row">
              <code>{input.name}</code>
            </th>
            <td>
              <Value value={input.left} />
            </td>
            <td>{input.same ? "the same" : <Value value={input.right} />}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Diff({ lines, only }: { lines: readonly DiffLine[]; only: boolean }) {
  const hunks = useMemo(() => hunksOf(lines, only ? AROUND : Number.POSITIVE_INFINITY), [lines, only]);
  return (
    <section className="code diff" aria-label="Difference of the flow file">
      {hunks.map((hunk) => (
        <HunkView key={hunk.key} hunk={hunk} />
      ))}
    </section>
  );
}

const LOOKS: Record<DiffLine["kind"], { name: string; sign: string; says: string }> = {
  same: { name: "", sign: "", says: "" },
  removed: { name: "was", sign: "−", says: "only in the first: " },
  added: { name: "now", sign: "+", says: "only in the second: " },
};

function HunkView({ hunk }: { hunk: Hunk }) {
  if (hunk.kind === "folded") return <div className="hunk">{count(hunk.count, "equal line")}</div>;
  return hunk.lines.map((line) => {
    const { name, sign, says } = LOOKS[line.kind];
    return (
      <div key={`${line.left} ${line.right}`} className={`l ${name}`}>
        <i>{line.right ?? line.left}</i>
        <b aria-hidden="true">{sign}</b>
        <span>
          {says !== "" && <span className="sr">{says}</span>}
          {line.text}
        </span>
      </div>
    );
  });
}
