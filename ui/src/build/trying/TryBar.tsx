// Trying the selected task: alone, with all that comes before it, or with all that comes after.

import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { cancelRun, tryPart } from "../../api/actions";
import { flow as flowQuestion, run as runQuestion } from "../../api/queries";
import type { TryPart } from "../../api/types";
import { asText, type Field, fieldsOf, readForm } from "../../flow/schemaForm";
import { brief, duration } from "../../parts/format";
import { Icon, type IconName } from "../../parts/Icon";
import { ProblemLine } from "../../parts/ProblemLine";
import { Said } from "../../parts/Said";
import { State } from "../../parts/State";
import { isEnded } from "../../parts/states";
import { useNow } from "../../parts/useNow";
import { toastError } from "../../shell/toast";
import { useEditor } from "../context";
import { LogLink } from "./LogLink";
import { taskInRun } from "./lastRun";
import { Parameters } from "./Parameters";
import { remember, remembered, type Texts } from "./parameters";
import { keepTrial, type Trial, useTrial } from "./trials";

const PARTS: readonly { part: TryPart; label: string; icon: IconName; title: string }[] = [
  { part: "only", label: "Run this", icon: "play", title: "This task alone, with what the others gave last" },
  { part: "until", label: "Up to here", icon: "playTo", title: "All that it waits for, and itself" },
  { part: "from", label: "From here", icon: "playFrom", title: "Itself, and all that waits for it" },
];

export function TryBar({ flow, task }: { flow: string; task: string }) {
  const editor = useEditor();
  const trial = useTrial(flow);
  const { data: detail } = useQuery(flowQuestion(flow));
  const fields = fieldsOf(detail?.parameters);
  const [texts, setTexts] = useState<Texts>(() => remembered(flow));
  const [open, setOpen] = useState(false);
  const { values, problems } = readForm(fields, filled(fields, texts));
  const start = useMutation({
    mutationFn: (part: TryPart) => tryPart(flow, part, task, editor.snapshot().document.text, values),
    onSuccess: ({ id }, part) => keepTrial(flow, { run: id, part, task }),
  });
  const run = useQuery({ ...runQuestion(trial?.run ?? ""), enabled: trial !== null });
  const running = start.isPending || (run.data !== undefined && !isEnded(run.data.run.state_type));
  const begin = (part: TryPart) => {
    if (Object.keys(problems).length > 0) setOpen(true);
    else start.mutate(part);
  };
  return (
    <>
      <div className="r">
        <div className="joined try" role="group" aria-label="Try">
          {PARTS.map(({ part, label, icon, title }) => (
            <button
              key={part}
              type="button"
              className="btn btn-s"
              title={title}
              disabled={running}
              onClick={() => begin(part)}
            >
              <Icon name={icon} />
              {label}
            </button>
          ))}
        </div>
      </div>
      {fields.length > 0 && (
        <Parameters
          fields={fields}
          texts={filled(fields, texts)}
          problems={problems}
          open={open}
          onOpen={setOpen}
          onText={(name, text) => {
            const next = { ...texts, [name]: text };
            setTexts(next);
            remember(flow, next);
          }}
        />
      )}
      {start.error ? (
        <Refused error={start.error} />
      ) : (
        trial?.task === task && <Progress trial={trial} task={task} />
      )}
    </>
  );
}

/** What was typed, and the defaults where nothing was. */
function filled(fields: readonly Field[], texts: Texts): Texts {
  return Object.fromEntries(
    fields.map((field) => [field.name, texts[field.name] ?? asText(field, field.default)]),
  );
}

function Refused({ error }: { error: Error }) {
  return (
    <div className="try-said">
      <ProblemLine error={error} />
    </div>
  );
}

/** How the trial goes, and what came of it. */
function Progress({ trial, task }: { trial: Trial; task: string }) {
  const detail = useQuery(runQuestion(trial.run));
  const own = useQuery(taskInRun(trial.run, task));
  const run = detail.data?.run;
  const ended = run !== undefined && isEnded(run.state_type);
  const now = useNow(run !== undefined && !ended, 250);
  if (!run) return detail.error ? <Refused error={detail.error} /> : null;
  const length = run.duration_ms ?? (run.started_at ? now - Date.parse(run.started_at) : null);
  const failed = detail.data?.failures[0];
  const shownTask = failed?.path ?? task;
  const said = failed?.message ?? run.message ?? own.data?.message ?? null;
  const wentWrong = failed !== undefined || own.data?.state_type === "failed" || run.state_type === "failed";
  return (
    <div className="try-said" role="status">
      <p className="r">
        <State state={run.state} />
        <Link className="link mono cut" to="/runs/$run" params={{ run: run.id }}>
          {run.name}
        </Link>
        <span className="grow" />
        {length !== null && <span className="faint">{duration(length)}</span>}
        {!ended && (
          <button
            type="button"
            className="btn btn-s btn-ghost"
            onClick={() => void cancelRun(run.id).catch(toastError)}
          >
            Cancel
          </button>
        )}
      </p>
      {ended && wentWrong && (
        <p className="try-error">
          {failed && failed.path !== task && <code>{failed.path} </code>}
          <Said text={said} /> <LogLink run={run.id} task={shownTask} />
        </p>
      )}
      {ended && !wentWrong && trial.part !== "from" && run.state_type === "completed" && (
        <p className="try-result cut">
          <span className="mono arrow" aria-hidden="true">
            →
          </span>{" "}
          <code>{brief(run.output).slice(0, 200)}</code>
        </p>
      )}
    </div>
  );
}
