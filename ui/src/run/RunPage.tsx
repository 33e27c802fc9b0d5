// One run: what it is and how it stands.

import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { run as question } from "../api/queries";
import { State } from "../parts/State";
import { Top } from "../shell/Top";

export function RunPage({ run: asked }: { run: string }) {
  const { run } = useSuspenseQuery(question(asked)).data;
  return (
    <>
      <Top
        name={run.name}
        crumbs={
          <>
            <Link className="crumb mono" to="/flows/$flow" params={{ flow: run.flow }}>
              {run.flow}
            </Link>
            <span className="sep">/</span>
          </>
        }
        title={<code>{run.name}</code>}
        aside={<State state={run.state} />}
      />
      <main className="page" id="main">
        <p className="sect">{run.message}</p>
      </main>
    </>
  );
}
