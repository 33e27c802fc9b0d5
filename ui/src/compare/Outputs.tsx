// The outputs of two runs, as far as they differ.

import { useMemo } from "react";
import type { Comparison } from "../api/types";
import { count } from "../parts/format";
import { CopyValue, JsonTree } from "../run/JsonTree";
import { Value } from "./Value";
import { type Differences, differences } from "./values";

export function Outputs({ answer, only }: { answer: Comparison; only: boolean }) {
  const { left, right, output } = answer;
  const found = useMemo(() => differences(output.left, output.right), [output]);
  const told = count(found.list.length, "value differs", "values differ") + (found.more ? ", and more" : "");
  const same = output.left === null ? "Neither run gave an output." : "Both runs gave the same output.";
  return (
    <section className="panel" aria-label="Output">
      <div className="panel-h">
        <h2>Output</h2>
        <span className="faint cut">{output.same ? "the same" : told}</span>
        <span className="grow" />
        <CopyValue value={{ [left.name]: output.left, [right.name]: output.right }} what="both outputs" />
      </div>
      <div className="panel-b scroll">
        {output.same ? (
          <p className="sect small dim">{same}</p>
        ) : (
          <Table found={found} left={left.name} right={right.name} />
        )}
        {!only && output.right !== null && (
          <div className="sect">
            <h3 className="sect-h">Output of {right.name}</h3>
            <JsonTree value={output.right} label={`Output of ${right.name}`} />
          </div>
        )}
      </div>
    </section>
  );
}

function Table({ found, left, right }: { found: Differences; left: string; right: string }) {
  return (
    <table className="pars outs">
      <thead>
        <tr className="th">
          <th scope="col">Value</th>
          <th scope="col">{left}</th>
          <th scope="col">{right}</th>
          <th scope="col" className="num">
            by
          </th>
        </tr>
      </thead>
      <tbody>
        {found.list.map((one) => (
          <tr key={one.place}>
            <th scope="row">
              <code>{one.place === "" ? "output" : one.place}</code>
            </th>
            <td>
              <Value value={one.left} />
            </td>
            <td>
              <b>
                <Value value={one.right} />
              </b>
            </td>
            <td className="num">{one.by === null ? "" : by(one.by)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function by(n: number): string {
  return `${n > 0 ? "+" : "−"}${Number(Math.abs(n).toPrecision(6))}`;
}
