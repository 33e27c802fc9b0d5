// The guide beside the canvas. It looks at the flow, at what is open over it and at its newest run, and says what
// comes next.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef } from "react";
import { startRun } from "../api/actions";
import { flowGrid, run as runQuestion } from "../api/queries";
import type { FlowDetail } from "../api/types";
import { useEdited, useEditor } from "../build/context";
import { focusWork } from "../build/focus";
import { lastLine } from "../build/trying/lastRun";
import { useBuildView, useViewed } from "../build/view";
import { lineHash } from "../log/address";
import { isEnded } from "../parts/states";
import { Keys } from "../shell/Keys";
import { toastError } from "../shell/toast";
import { doStep, isDoable, SUGGESTED, unwritten } from "./doStep";
import { GuidePanel } from "./GuidePanel";
import { type Guided, readLog } from "./guide";
import { currentStep, type Made, madeOf, type NewestRun, type StepId } from "./steps";

interface Props {
  flow: string;
  /** the file as the engine knows it */
  file: Pick<FlowDetail, "text" | "version">;
  guided: Guided;
  save: () => void;
}

export function BuildGuide({ flow, file, guided, save }: Props) {
  const editor = useEditor();
  const made = useMade(file.text);
  const run = useNewestRun(flow, file.version);
  const naming = useViewed((state) => state.renaming !== null);
  const step = stepNow(currentStep(made, run, guided.read), made, naming);
  const start = useStart(flow);
  const readIt = useReading(flow, run, made);
  useCanvasFirst(made);
  const doIt = () => {
    if (step === "save") save();
    else if (step === "run") start();
    else if (step === "log") readIt();
    else if (step !== null) doStep(step, made, editor);
  };
  const goesOn = step === "run" && run !== null && !isEnded(run.type);
  const doable = step !== null && !goesOn && isDoable(step, made, editor) && (step !== "run" || made.runs);
  return (
    <GuidePanel step={step} onDo={doable ? doIt : null} onLeave={focusWork}>
      {naming ? (
        <Naming made={made} />
      ) : (
        <Hint flow={flow} step={step} made={made} run={run} goesOn={goesOn} />
      )}
    </GuidePanel>
  );
}

function useMade(fileText: string): Made {
  const document = useEdited((snapshot) => snapshot.document);
  const graph = useEdited((snapshot) => snapshot.graph);
  const report = useEdited((snapshot) => snapshot.report);
  const isDirty = useEdited((snapshot) => snapshot.isDirty);
  return madeOf(document, graph, report?.problems ?? [], !isDirty && document.text === fileText);
}

/** The newest run of the flow as the file is now. */
function useNewestRun(flow: string, version: string): NewestRun | null {
  const newest = useQuery(flowGrid(flow, 1)).data?.runs[0]?.id ?? null;
  const { data } = useQuery({ ...runQuestion(newest ?? ""), enabled: newest !== null });
  if (!data || data.run.version !== version) return null;
  return { id: data.run.id, type: data.run.state_type };
}

/** A task that is being named is still being added. */
function stepNow(step: StepId | null, made: Made, naming: boolean): StepId | null {
  return naming && step === "command" && made.tasks.length === 1 ? "add" : step;
}

/** Starts the flow as its file is, and goes to the run. */
function useStart(flow: string): () => void {
  const navigate = useNavigate();
  // The same start, however often it is pressed before the run is there.
  const key = useRef(crypto.randomUUID());
  return () => {
    startRun(flow, {}, key.current)
      .then((run) => {
        key.current = crypto.randomUUID();
        return navigate({ to: "/runs/$run", params: { run: run.id } });
      })
      .catch(toastError);
  };
}

/** Goes to the last line that the first task wrote. */
function useReading(flow: string, run: NewestRun | null, made: Made): () => void {
  const navigate = useNavigate();
  const client = useQueryClient();
  const task = made.tasks[0]?.name;
  return () => {
    if (!run || task === undefined) return;
    client
      .fetchQuery(lastLine(run.id, task))
      .then((line) => {
        readLog(flow, run.id);
        return navigate({
          to: "/runs/$run",
          params: { run: run.id },
          ...(line === null ? {} : { hash: lineHash(line) }),
        });
      })
      .catch(toastError);
  };
}

/** Who begins sees the canvas, and is on it, so that its keys hold. */
function useCanvasFirst(made: Made): void {
  const view = useBuildView();
  const isThere = useViewed(() => view.canvas !== null);
  const isNew = useRef(made.tasks.length === 0).current;
  useEffect(() => {
    if (isNew) view.set({ sides: "canvas" });
  }, [isNew, view]);
  useEffect(() => {
    const isNowhere = document.activeElement === document.body || document.activeElement?.id === "main";
    if (isNew && isThere && isNowhere) focusWork();
  }, [isNew, isThere]);
}

function Naming({ made }: { made: Made }) {
  const suggested = SUGGESTED[Math.min(made.tasks.length, SUGGESTED.length) - 1] ?? SUGGESTED[0];
  return (
    <p>
      Type a name, such as <code>{suggested.name}</code>, then <Keys keys="Enter" />.
    </p>
  );
}

interface HintProps {
  flow: string;
  step: StepId | null;
  made: Made;
  run: NewestRun | null;
  goesOn: boolean;
}

function Hint({ flow, step, made, run, goesOn }: HintProps) {
  const first = made.tasks[0]?.name ?? SUGGESTED[0].name;
  const second = made.tasks[1]?.name ?? SUGGESTED[1].name;
  const empty = unwritten(made);
  switch (step) {
    case "add":
      return (
        <>
          <p>A flow is made of tasks. Each does one thing, such as running a command.</p>
          <p>
            Press <Keys keys="Tab" /> on the canvas, or <b>Add task</b> above it. Choose <code>shell</code>.
          </p>
        </>
      );
    case "command":
      return <Writing task={empty ?? first} command={SUGGESTED[0].command} />;
    case "second":
      return empty === null ? (
        <p>
          <Back /> Then <Keys keys="Tab" /> again, or <b>Add task</b>.
        </p>
      ) : (
        <Writing task={empty} command={SUGGESTED[1].command} />
      );
    case "connect":
      return (
        <>
          <p>
            <code>{second}</code> is to run after <code>{first}</code>.
          </p>
          <p>
            Point at <code>{first}</code> and drag from the left one of the ports below it to{" "}
            <code>{second}</code>.
          </p>
          <p>
            By keyboard: <Keys keys="Shift F6" /> back to the canvas, <Keys keys="ArrowLeft" /> to{" "}
            <code>{first}</code>, <Keys keys="C" /> to connect it, then choose <code>{second}</code> and{" "}
            <b>when it succeeded</b>.
          </p>
        </>
      );
    case "failure":
      return <Failure made={made} first={first} empty={empty} />;
    case "save":
      return (
        <p>
          Press <Keys keys="Mod S" />, or <b>Save</b> above. The flow is one file that you can read:{" "}
          <b>Text</b>, above, shows it.
        </p>
      );
    case "run":
      return <Running made={made} run={run} goesOn={goesOn} />;
    case "log":
      return (
        <>
          <p>The run completed. What its tasks wrote stands in its log.</p>
          <p>
            Open <RunLink run={run} />, and press a task there.
          </p>
        </>
      );
    case null:
      return (
        <>
          <p>
            <code>{flow}</code> has {made.tasks.length} tasks, and <RunLink run={run} /> completed.
          </p>
          <p>
            Next: give a task another kind, or a time to the flow under <b>Schedule</b>. <Keys keys="?" />{" "}
            lists every key.
          </p>
        </>
      );
  }
}

function Back() {
  return (
    <>
      <Keys keys="Shift F6" /> leads from a field back to the canvas.
    </>
  );
}

function Writing({ task, command }: { task: string; command: string }) {
  const isSelected = useEdited(({ selection }) => selection.at(-1) === task);
  if (!isSelected)
    return (
      <p>
        Select <code>{task}</code>: press it, or use the arrow keys.
      </p>
    );
  return (
    <p>
      Press <Keys keys="Enter" />, or press into the field at the right, and type what <code>{task}</code>{" "}
      runs, such as <code>{command}</code>.
    </p>
  );
}

function Failure({ made, first, empty }: { made: Made; first: string; empty: string | null }) {
  if (empty !== null) return <Writing task={empty} command={SUGGESTED[2].command} />;
  if (made.caught)
    return (
      <p>
        Add one more task: <Keys keys="Tab" /> on the canvas.
      </p>
    );
  return (
    <>
      <p>
        Drag from the <b>×</b> port below <code>{first}</code> to free ground, and choose what runs only when
        it failed. By keyboard: select <code>{first}</code> and press <Keys keys="X" />
      </p>
      <p>
        A task can also be tried again: <b>Retries</b> at the right.
      </p>
    </>
  );
}

function Running({ made, run, goesOn }: { made: Made; run: NewestRun | null; goesOn: boolean }): ReactNode {
  if (!made.runs) return <p>First mend what stands in Problems, below the canvas.</p>;
  if (goesOn)
    return (
      <p>
        <RunLink run={run} /> goes on. Every task shows how it stands.
      </p>
    );
  return (
    <>
      {run !== null && (
        <p>
          <RunLink run={run} /> did not complete; the run says why. Mend it, save, and run again.
        </p>
      )}
      <p>
        Press <Keys keys="Mod Enter" /> on the canvas (<Keys keys="Shift F6" /> leads there), or <b>Run…</b>{" "}
        above, then <b>Start run</b>.
      </p>
    </>
  );
}

function RunLink({ run }: { run: NewestRun | null }) {
  return run === null ? (
    "its run"
  ) : (
    <Link className="link" to="/runs/$run" params={{ run: run.id }}>
      its newest run
    </Link>
  );
}
