// One run, live: how it stands, its graph, its timeline and tasks, its log, and what is looked at.

import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useState } from "react";
import { get, path } from "../api/client";
import { run as question } from "../api/queries";
import type { Graph, LogPage, Question, RunDetail } from "../api/types";
import type { DrawnNode } from "../graph/called";
import { FlowGraph } from "../graph/FlowGraph";
import { NodeStatesContext } from "../graph/nodeStates";
import { useGuided } from "../guide/guide";
import { RunGuide } from "../guide/RunGuide";
import { type Lines, useLinesInAddress } from "../log/address";
import { LogView } from "../log/LogView";
import { State } from "../parts/State";
import { isEnded } from "../parts/states";
import { Split } from "../shell/Split";
import { useShortcuts } from "../shell/shortcuts";
import { Top } from "../shell/Top";
import { Trouble } from "../shell/Trouble";
import { toast, toastError } from "../shell/toast";
import { AnswerDialog, QuestionBanner } from "./Answer";
import { CalledTask } from "./CalledTask";
import { useCalledRuns } from "./calledRuns";
import { Facts } from "./Facts";
import { Inspector } from "./Inspector";
import type { Picked } from "./picked";
import { RunActions } from "./RunActions";
import "./run.css";
import { runGraph } from "./runQueries";
import { TaskTable } from "./TaskTable";
import { TimelineView } from "./TimelineView";
import { useBoards } from "./useBoards";

/** An id alone names the same run at every time, so that its graph need not wait for it. */
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function RunPage({ run: asked }: { run: string }) {
  // A query that suspends would hold the page back: React shows what it waited for not before 300 ms.
  const answer = useQuery(question(asked));
  const id = ID.test(asked) ? asked : answer.data?.run.id;
  const graph = useQuery({ ...runGraph(id ?? ""), enabled: id !== undefined });
  if (answer.data) return <Shown detail={answer.data} graph={graph} />;
  if (answer.error) throw answer.error;
  return <main className="page run" id="main" tabIndex={-1} aria-busy="true" />;
}

function Shown({ detail, graph }: { detail: RunDetail; graph: UseQueryResult<Graph> }) {
  const { run } = detail;
  return (
    <>
      <Top
        name={run.name}
        crumbs={
          <>
            <Link className="crumb" to="/runs">
              Runs
            </Link>
            <span className="sep">/</span>
            <Link className="crumb mono" to="/flows/$flow" params={{ flow: run.flow }}>
              {run.flow}
            </Link>
            <span className="sep">/</span>
          </>
        }
        title={<code>{run.name}</code>}
        actions={<RunActions detail={detail} />}
      >
        <State state={run.state} chip />
      </Top>
      <main className="page run" id="main" tabIndex={-1}>
        <Facts detail={detail} />
        {graph.data ? (
          <Board detail={detail} graph={graph.data} />
        ) : (
          graph.error && <Trouble error={graph.error} />
        )}
      </main>
    </>
  );
}

function Board({ detail, graph }: { detail: RunDetail; graph: Graph }) {
  const { run, questions } = detail;
  const running = !isEnded(run.state_type);
  const boards = useBoards(run.id, graph);
  const called = useCalledRuns(
    run.flow,
    useMemo(
      () => ({ run: run.id, graph, states: boards.nodes, timeline: boards.timeline }),
      [run.id, graph, boards.nodes, boards.timeline],
    ),
  );
  const [picked, setPicked] = useState<Picked | null>(null);
  /** a task of a run that this one called, by its path in the graph */
  const [inner, setInner] = useState<string | null>(null);
  const [logTask, setLogTask] = useState<string | null>(null);
  const [led, writeLines] = useLinesInAddress();
  const [goTo, setGoTo] = useState<Lines | null>(null);
  const [asking, setAsking] = useState<Question | null>(null);
  const [tab, setTab] = useState<"timeline" | "tasks">("timeline");
  useEffect(() => {
    if (!led) return;
    setLogTask(null);
    setGoTo(led);
  }, [led]);
  const guided = useGuided(run.flow);
  const { setAttempt } = boards;
  useEffect(() => setAttempt(detail.attempt), [setAttempt, detail.attempt]);

  const drawn = called.graph;
  const chosen = drawn.nodes.find((node) => node.path === inner) as DrawnNode | undefined;
  const pick = useCallback((next: Picked | null) => {
    setPicked(next);
    setInner(null);
    setLogTask(next?.path ?? null);
  }, []);
  const pickNode = useCallback(
    (task: number | null) => {
      const node = drawn.nodes.find((one) => one.task === task);
      const isOwn = node !== undefined && node.task >= 0;
      pick(isOwn ? { node: node.task, path: node.path, taskRun: null } : null);
      setInner(isOwn ? null : (node?.path ?? null));
    },
    [drawn, pick],
  );
  const { timeline } = boards;
  const numberOf = useCallback(
    ({ node, taskRun, path: wanted }: Picked): number | null => {
      if (taskRun !== null) return taskRun;
      for (const bar of timeline.bars.values())
        if (bar.node === node && bar.path === wanted) return bar.number;
      return null;
    },
    [timeline],
  );
  const toLog = async (task: string) => {
    setLogTask(task);
    try {
      const last = await get<LogPage>(path`/runs/${run.id}/logs`, { task, tail: 1 });
      const line = last.lines[0]?.number;
      if (line === undefined) toast({ text: `${task} wrote nothing`, icon: "info" });
      else setGoTo({ from: line, to: line });
    } catch (error) {
      toastError(error);
    }
  };
  useShortcuts([
    { keys: "A", says: "Answer the question", group: "Run", run: () => setAsking(questions[0] ?? null) },
    { keys: "Escape", says: "Look at the run itself again", group: "Run", run: () => pick(null) },
  ]);
  const startedAt = run.started_at === null ? null : Date.parse(run.started_at);
  const endedAt = run.ended_at === null ? null : Date.parse(run.ended_at);

  return (
    <NodeStatesContext value={boards.nodes}>
      {called.follow}
      <div className="run-body">
        {questions.map((one, at) => (
          <QuestionBanner
            key={one.task_run}
            run={run.id}
            question={one}
            first={at === 0}
            onAnswer={() => setAsking(one)}
          />
        ))}
        <AnswerDialog run={run.id} question={asking} onClose={() => setAsking(null)} />
        {boards.failure && <p className="banner">{boards.failure.message}</p>}
        <Split
          name="run"
          parts={[
            guided && {
              id: "guide",
              size: 264,
              min: 200,
              content: (
                <RunGuide
                  run={run}
                  guided={guided}
                  reads={logTask !== null || led !== null}
                  onLog={() => void toLog(graph.nodes[0]?.path ?? "")}
                />
              ),
            },
            {
              id: "mid",
              label: "the run",
              min: 420,
              content: (
                <Split
                  name="run.mid"
                  orientation="vertical"
                  parts={[
                    {
                      id: "upper",
                      label: "graph and timeline",
                      size: "52%",
                      min: 140,
                      content: (
                        <Split
                          name="run.upper"
                          parts={[
                            {
                              id: "graph",
                              size: "42%",
                              min: 200,
                              content: (
                                <NodeStatesContext value={called.states}>
                                  <FlowGraph
                                    graph={drawn}
                                    selected={chosen?.task ?? picked?.node ?? null}
                                    onSelect={pickNode}
                                    onTurn={called.turn}
                                    small
                                    label={`Graph of ${run.flow}`}
                                  />
                                </NodeStatesContext>
                              ),
                            },
                            {
                              id: "timeline",
                              min: 240,
                              content: (
                                <section className="panel" aria-label="Timeline and tasks">
                                  <Tabs tab={tab} onTab={setTab} tasks={detail.task_runs} />
                                  <div className="panel-b" role="tabpanel" id="run-tab">
                                    {tab === "timeline" ? (
                                      <TimelineView
                                        graph={graph}
                                        board={timeline}
                                        states={boards.nodes}
                                        running={running}
                                        startedAt={startedAt}
                                        endedAt={endedAt}
                                        picked={picked}
                                        onPick={pick}
                                      />
                                    ) : (
                                      <TaskTable
                                        run={run.id}
                                        graph={graph}
                                        running={running}
                                        picked={picked}
                                        onPick={pick}
                                      />
                                    )}
                                  </div>
                                </section>
                              ),
                            },
                          ]}
                        />
                      ),
                    },
                    {
                      id: "log",
                      min: 90,
                      content: (
                        <LogView
                          run={run.id}
                          name={run.name}
                          running={running}
                          task={logTask}
                          onTask={setLogTask}
                          goTo={goTo}
                          onChoose={writeLines}
                        />
                      ),
                    },
                  ]}
                />
              ),
            },
            {
              id: "side",
              label: "the selected task",
              size: 320,
              min: 220,
              content: chosen ? (
                <NodeStatesContext value={called.states}>
                  <CalledTask node={chosen} run={called.runOf(chosen)} onClose={() => pick(null)} />
                </NodeStatesContext>
              ) : (
                <Inspector
                  run={run.id}
                  detail={detail}
                  graph={graph}
                  picked={picked}
                  numberOf={numberOf}
                  onPick={pick}
                  onLog={(task) => void toLog(task)}
                />
              ),
            },
          ]}
        />
      </div>
    </NodeStatesContext>
  );
}

function Tabs({
  tab,
  onTab,
  tasks,
}: {
  tab: "timeline" | "tasks";
  onTab: (tab: "timeline" | "tasks") => void;
  tasks: number;
}) {
  return (
    <div className="panel-h">
      <span className="tabs tabs-s" role="tablist" aria-label="The run over time or as a table">
        <button
          type="button"
          role="tab"
          aria-selected={tab === "timeline"}
          aria-controls="run-tab"
          onClick={() => onTab("timeline")}
        >
          Timeline
        </button>
        <button
          type="button"
          role="tab"
          aria-selected={tab === "tasks"}
          aria-controls="run-tab"
          onClick={() => onTab("tasks")}
        >
          Tasks <span className="n">{tasks}</span>
        </button>
      </span>
      <span className="grow" />
      {tab === "timeline" && <span className="faint cut">a bar filters the log</span>}
    </div>
  );
}
