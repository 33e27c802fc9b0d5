// Two runs beside each other: what went in, tasks, output, and where their logs part.

import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { Comparison } from "../api/types";
import { count } from "../parts/format";
import { Icon } from "../parts/Icon";
import { comparison as question } from "../run/runQueries";
import { Keys } from "../shell/Keys";
import { Split } from "../shell/Split";
import { useShortcuts } from "../shell/shortcuts";
import { Top } from "../shell/Top";
import { toast, toastError } from "../shell/toast";
import { asPlainText } from "./asPlainText";
import "./compare.css";
import { Inputs } from "./Inputs";
import { LogDifference } from "./LogDifference";
import { verdict } from "./lengths";
import { Outputs } from "./Outputs";
import { Tasks } from "./Tasks";
import { Who } from "./Who";

export function ComparePage({ left, right }: { left: string; right: string }) {
  const { data, error } = useQuery(question(left, right));
  if (data) return <Compared answer={data} />;
  if (error) throw error;
  return <main className="page cmp" id="main" tabIndex={-1} aria-busy="true" />;
}

function Compared({ answer }: { answer: Comparison }) {
  const navigate = useNavigate();
  const [only, setOnly] = useState(true);
  const params = { run: answer.right.id, other: answer.left.id };
  const swap = () => void navigate({ to: "/runs/$run/compare/$other", params, replace: true });
  const copy = () => {
    const done = () => toast({ text: "The comparison is copied", icon: "copy" });
    navigator.clipboard.writeText(asPlainText(answer)).then(done, toastError);
  };
  useShortcuts([
    { keys: "S", says: "Swap sides", group: "Compare", run: swap },
    { keys: "D", says: "Only differences", group: "Compare", run: () => setOnly(!only) },
  ]);
  const { flow } = answer.right;
  return (
    <>
      <Top
        name={`${answer.left.name} and ${answer.right.name}`}
        crumbs={
          <>
            <Link className="crumb" to="/runs">
              Runs
            </Link>
            <span className="sep">/</span>
            <Link className="crumb mono" to="/flows/$flow" params={{ flow }}>
              {flow}
            </Link>
            <span className="sep">/</span>
          </>
        }
        title="Compare"
        actions={
          <>
            <button type="button" className="btn" onClick={swap}>
              <Icon name="swap" />
              Swap
              <Keys keys="S" />
            </button>
            <button type="button" className="btn" aria-pressed={only} onClick={() => setOnly(!only)}>
              <Icon name="compare" />
              Only differences
              <Keys keys="D" />
            </button>
            <button type="button" className="btn" onClick={copy}>
              <Icon name="copy" />
              Copy as text
            </button>
          </>
        }
      />
      <main className="page cmp" id="main" tabIndex={-1}>
        <Who answer={answer} />
        <Verdict answer={answer} />
        <Panels answer={answer} only={only} />
      </main>
    </>
  );
}

function Verdict({ answer }: { answer: Comparison }) {
  const { first, rest } = verdict(answer);
  const changed = answer.inputs.filter((input) => !input.same).length;
  const parts = [...rest];
  if (changed > 0) parts.push(count(changed, "parameter differs", "parameters differ"));
  if (!answer.same_version) parts.push("the flow file changed");
  return (
    <p className="sum">
      <b>{first}</b>
      <span className="dim cut">{parts.join("; ")}</span>
    </p>
  );
}

function Panels({ answer, only }: { answer: Comparison; only: boolean }) {
  const above = [
    { id: "inputs", size: "38%", min: 240, content: <Inputs answer={answer} only={only} /> },
    { id: "tasks", min: 320, content: <Tasks answer={answer} only={only} /> },
  ];
  const below = [
    { id: "outputs", size: "38%", min: 240, content: <Outputs answer={answer} only={only} /> },
    { id: "log", min: 320, content: <LogDifference answer={answer} /> },
  ];
  return (
    <Split
      name="compare"
      orientation="vertical"
      parts={[
        {
          id: "above",
          label: "inputs and tasks",
          size: "55%",
          content: <Split name="compare.above" parts={above} />,
        },
        { id: "below", label: "outputs and logs", content: <Split name="compare.below" parts={below} /> },
      ]}
    />
  );
}
