// The form that starts a run, made from the flow's parameters. It stands once in the window; see openRunForm.

import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Dialog } from "radix-ui";
import { useEffect, useRef, useState } from "react";
import { startRun } from "../api/actions";
import { flow as question } from "../api/queries";
import type { FlowDetail } from "../api/types";
import { Command } from "../parts/Command";
import { DialogHead } from "../parts/DialogHead";
import { useFocusReturn } from "../parts/focusReturn";
import { count, duration } from "../parts/format";
import { Icon } from "../parts/Icon";
import { Said } from "../parts/Said";
import { Keys } from "../shell/Keys";
import { Trouble } from "../shell/Trouble";
import { FormField } from "./FormField";
import { onOpenRunForm } from "./openRunForm";
import { refusals } from "./refusals";
import "./runForm.css";
import { asText, commandLine, fieldsOf, readForm } from "./schemaForm";
import { UnsavedRun } from "./UnsavedRun";
import { unsavedOf } from "./unsaved";

export function RunForm() {
  const [flow, setFlow] = useState<string | null>(null);
  useEffect(() => onOpenRunForm(setFlow), []);
  const giveBack = useFocusReturn(flow !== null);
  return (
    <Dialog.Root open={flow !== null} onOpenChange={(open) => !open && setFlow(null)}>
      <Dialog.Portal>
        <Dialog.Overlay className="scrim rf-scrim">
          <Dialog.Content className="dialog rf" aria-describedby={undefined} onCloseAutoFocus={giveBack}>
            {flow !== null && <Loaded flow={flow} onFlow={setFlow} onClose={() => setFlow(null)} />}
          </Dialog.Content>
        </Dialog.Overlay>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

interface LoadedProps {
  flow: string;
  /** the flow is called so since its text was saved */
  onFlow: (name: string) => void;
  onClose: () => void;
}

function Loaded({ flow, onFlow, onClose }: LoadedProps) {
  const answer = useQuery({ ...question(flow), staleTime: 0 });
  // As it was when the run was asked for: saving, which is one of the ways on, is not to change the question.
  const [unsaved] = useState(() => unsavedOf(flow));
  const [decided, setDecided] = useState(unsaved === "none");
  const summary = answer.data?.summary;
  return (
    <>
      <DialogHead
        title={
          <>
            Run <code>{flow}</code>
          </>
        }
        aside={
          summary && (
            <span className="small faint">
              {answer.data?.version.slice(0, 8)}, {count(summary.tasks, "task")}
              {summary.usual_ms !== null && `, usually ${duration(summary.usual_ms)}`}
            </span>
          )
        }
      />
      {answer.data && !decided ? (
        <UnsavedRun
          detail={answer.data}
          unsaved={unsaved}
          onForm={(name) => {
            setDecided(true);
            onFlow(name);
          }}
          onClose={onClose}
        />
      ) : answer.data && !answer.isFetching ? (
        <Form detail={answer.data} onClose={onClose} />
      ) : (
        answer.error && <Trouble error={answer.error} />
      )}
    </>
  );
}

function Form({ detail, onClose }: { detail: FlowDetail; onClose: () => void }) {
  const { name, problems: mistakes } = detail.summary;
  const fields = fieldsOf(detail.parameters);
  const [texts, setTexts] = useState<Record<string, string>>(() =>
    Object.fromEntries(fields.map((field) => [field.name, asText(field, field.default)])),
  );
  const [shownProblems, setShown] = useState(false);
  const key = useRef(crypto.randomUUID());
  const navigate = useNavigate();
  const button = useRef<HTMLButtonElement>(null);
  const asksNothing = fields.length === 0;
  // Without a field to fill in, the keys of the form hold at its button.
  useEffect(() => {
    if (asksNothing) button.current?.focus();
  }, [asksNothing]);
  const { values, problems } = readForm(fields, texts);
  const start = useMutation({
    mutationFn: () => startRun(name, values, key.current),
    onSuccess: (run) => {
      onClose();
      void navigate({ to: "/runs/$run", params: { run: run.id } });
    },
  });
  const refused = refusals(start.error, fields);
  const said: Record<string, string> = { ...refused.at, ...(shownProblems ? problems : {}) };
  const broken = mistakes.filter((one) => one.severity === "error");

  function submit(): void {
    setShown(true);
    if (Object.keys(problems).length === 0 && !start.isPending) start.mutate();
  }

  return (
    <form
      className="rf-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
      onKeyDown={(event) => {
        if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
        event.preventDefault();
        submit();
      }}
    >
      <div className="rf-fields scroll">
        {broken.length > 0 && (
          <p className="banner">
            <Icon name="warn" />
            <span>
              <b>Line {broken[0]?.line}</b>: <Said text={broken[0]?.message ?? null} />
              {broken.length > 1 && `, and ${count(broken.length - 1, "mistake")} more`}. It runs once the
              file is right.
            </span>
          </p>
        )}
        <h3>
          Parameters{" "}
          <span className="faint">{fields.length === 0 ? "none; it runs as it is" : fields.length}</span>
        </h3>
        {fields.map((field, at) => (
          <FormField
            key={field.name}
            field={field}
            first={at === 0}
            text={texts[field.name] ?? ""}
            problem={said[field.name] ?? null}
            onText={(text) => {
              setTexts((old) => ({ ...old, [field.name]: text }));
              start.reset();
              // Other values are another run.
              key.current = crypto.randomUUID();
            }}
          />
        ))}
      </div>
      <div className="rf-command">
        <Command text={commandLine(name, values)} />
      </div>
      <div className="dialog-f">
        <span className="grow" role="status">
          {footText(said, refused.rest)}
        </span>
        <Dialog.Close className="btn">Cancel</Dialog.Close>
        <button
          ref={button}
          type="submit"
          className="btn btn-primary"
          disabled={start.isPending || broken.length > 0}
        >
          <Icon name="play" />
          {start.isPending ? "Starting" : "Start run"} <Keys keys="Mod Enter" />
        </button>
      </div>
    </form>
  );
}

function footText(said: Record<string, string>, rest: string | null) {
  // Each is said at its own field.
  const wrong = Object.keys(said).length;
  if (rest === null && wrong === 0) return null;
  return (
    <span className="problem-line">
      <Icon name="warn" />
      <span>
        {wrong > 0 ? `${count(wrong, "value")} ${wrong === 1 ? "is" : "are"} wrong` : <Said text={rest} />}
        {"; nothing has started"}
      </span>
    </span>
  );
}
