// One flow: its text and graph, its runs, its times, its versions.

import { useQuery } from "@tanstack/react-query";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { type ReactNode, useEffect, useState } from "react";
import { flow as question } from "../api/queries";
import type { FlowDetail } from "../api/types";
import { BuildTab } from "../build/BuildTab";
import { isNoFlow } from "../build/files/engine";
import { focusPage } from "../parts/focusReturn";
import { Icon } from "../parts/Icon";
import { Keys } from "../shell/Keys";
import { isCovered, useShortcuts } from "../shell/shortcuts";
import { Top } from "../shell/Top";
import { Trouble } from "../shell/Trouble";
import { arrives } from "./arrival";
import "./flow.css";
import { GonePage } from "./GonePage";
import { GridTab } from "./GridTab";
import { openRunForm } from "./openRunForm";
import { ScheduleTab } from "./ScheduleTab";
import type { FlowSearch } from "./search";
import { useUnsaved } from "./unsaved";
import { VersionsTab } from "./VersionsTab";

export function FlowPage() {
  const { flow: name } = useParams({ from: "/flows/$flow" });
  const { tab = "build" } = useSearch({ from: "/flows/$flow" });
  const answer = useQuery(question(name));
  useEffect(() => {
    if (arrives(name)) focusPage();
  }, [name]);
  const [actions, setActions] = useState<HTMLElement | null>(null);
  const broken = answer.data?.summary.problems.some((problem) => problem.severity === "error") ?? true;
  // What is edited may be right where the file is not: the run form leads to saving it.
  const mayRun = useUnsaved(name) === "right" || !broken;
  useShortcuts([
    {
      group: "Flow",
      keys: "Mod Enter",
      says: "Run…",
      run: () => answer.data && mayRun && openRunForm(name),
      // Also from the text and from every field, but not through what lies over them.
      inFields: true,
      here: () => !isCovered(),
    },
  ]);
  return (
    <>
      <Top
        name={name}
        crumbs={
          <>
            <Link className="crumb" to="/flows">
              Flows
            </Link>
            <span className="sep">/</span>
          </>
        }
        title={<code className="title-code">{name}</code>}
        actions={
          <>
            <span className="page-actions" ref={setActions} />
            <button
              type="button"
              className="btn btn-primary"
              disabled={!answer.data || !mayRun}
              title={!mayRun && answer.data ? "Its file has mistakes" : undefined}
              onClick={() => openRunForm(name)}
            >
              <Icon name="play" />
              Run… <Keys keys="Mod Enter" />
            </button>
          </>
        }
      >
        <nav className="tabs" aria-label="Of this flow">
          <Tab flow={name} tab="build" at={tab}>
            Build
          </Tab>
          <Tab flow={name} tab="runs" at={tab}>
            Runs
          </Tab>
          <Tab flow={name} tab="schedule" at={tab}>
            Schedule
          </Tab>
          <Tab flow={name} tab="versions" at={tab}>
            Versions {answer.data && <span className="n">{answer.data.version.slice(0, 8)}</span>}
          </Tab>
        </nav>
      </Top>
      <main className="page" id="main" tabIndex={-1}>
        {answer.data ? (
          <Body detail={answer.data} isGone={isNoFlow(answer.error)} tab={tab} actions={actions} />
        ) : isNoFlow(answer.error) ? (
          <GonePage flow={name} error={answer.error} again={() => void answer.refetch()} />
        ) : (
          answer.error && <Trouble error={answer.error} again={() => void answer.refetch()} />
        )}
      </main>
    </>
  );
}

type TabName = NonNullable<FlowSearch["tab"]>;

function Tab({ flow, tab, at, children }: { flow: string; tab: TabName; at: TabName; children: ReactNode }) {
  return (
    <Link
      to="/flows/$flow"
      params={{ flow }}
      search={tab === "build" ? {} : { tab }}
      aria-current={tab === at ? "page" : undefined}
      activeProps={{}}
      activeOptions={{ exact: true, includeSearch: true }}
    >
      {children}
    </Link>
  );
}

interface BodyProps {
  detail: FlowDetail;
  isGone: boolean;
  tab: TabName;
  actions: HTMLElement | null;
}

function Body({ detail, isGone, tab, actions }: BodyProps) {
  switch (tab) {
    case "build":
      return <BuildTab key={detail.summary.name} detail={detail} isGone={isGone} actions={actions} />;
    case "runs":
      return <GridTab flow={detail.summary.name} />;
    case "schedule":
      return <ScheduleTab flow={detail.summary} />;
    case "versions":
      return <VersionsTab flow={detail.summary.name} />;
  }
}
