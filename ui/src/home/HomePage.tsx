// Is everything as expected? If it is, say so; if not, say what is not, why, and what to do.

import { useQuery } from "@tanstack/react-query";
import { overview } from "../api/queries";
import type { Overview } from "../api/types";
import { count, dayYear, number } from "../parts/format";
import { Top } from "../shell/Top";
import { Trouble } from "../shell/Trouble";
import { BrokenList } from "./Broken";
import { Empty } from "./Empty";
import { FlowTable } from "./FlowTable";
import "./home.css";
import { Next, NotRun, RunningNow } from "./Now";

export function HomePage() {
  const answer = useQuery(overview);
  const at = answer.data ? new Date(answer.data.now) : new Date();
  return (
    <>
      <Top title="Home" aside={dayYear(at)} />
      <main className="page" id="main" tabIndex={-1}>
        {answer.data ? (
          <Body overview={answer.data} />
        ) : (
          answer.error && <Trouble error={answer.error} again={() => void answer.refetch()} />
        )}
      </main>
    </>
  );
}

function Body({ overview: seen }: { overview: Overview }) {
  if (seen.flows.length === 0) return <Empty />;
  return (
    <div className="home scroll">
      <Answer overview={seen} />
      {seen.broken.length > 0 && <BrokenList broken={seen.broken} now={new Date(seen.now)} />}
      <FlowTable flows={seen.flows} now={seen.now} />
      <div className="foot">
        <RunningNow running={seen.running} />
        <Next list={seen.upcoming} now={new Date(seen.now)} />
        <NotRun list={seen.not_run} now={new Date(seen.now)} />
      </div>
    </div>
  );
}

function Answer({ overview: seen }: { overview: Overview }) {
  const all = seen.flows.length;
  const off = new Set(seen.broken.map((one) => one.flow)).size;
  const { today, completed, failed } = seen.totals;
  const other = today - completed - failed;
  const parts = [`${number(completed)} completed`, `${number(failed)} failed`];
  if (other > 0) parts.push(`${number(other)} ended otherwise or go on`);
  return (
    <header className="answer">
      <h1>
        {seen.as_expected
          ? "Everything is as expected"
          : `${off} of ${count(all, "flow")} ${off === 1 ? "is" : "are"} not as expected`}
      </h1>
      <p className="dim">
        {seen.as_expected
          ? "Nothing waits for you. "
          : off < all
            ? `The other ${all - off} ${all - off === 1 ? "is" : "are"}. `
            : ""}
        {today === 0 ? "No run today." : `Today ${count(today, "run")}: ${parts.join(", ")}.`}
        {seen.running.length > 0 &&
          ` ${count(seen.running.length, "run")} ${seen.running.length === 1 ? "goes" : "go"} on now.`}
      </p>
    </header>
  );
}
