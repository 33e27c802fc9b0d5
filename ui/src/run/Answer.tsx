// A question that a run waits for, and the form that answers it, made from its schema.

import { useMutation } from "@tanstack/react-query";
import { Dialog } from "radix-ui";
import { useEffect, useRef, useState } from "react";
import { approve, reject } from "../api/actions";
import type { Question } from "../api/types";
import { FormField } from "../flow/FormField";
import { refusals } from "../flow/refusals";
import { DialogHead } from "../parts/DialogHead";
import "../flow/runForm.css";
import { asText, fieldsOf, readForm } from "../flow/schemaForm";
import { Icon } from "../parts/Icon";
import { firstLine, Markdown } from "../parts/Markdown";
import { Said } from "../parts/Said";
import { StateIcon } from "../parts/State";
import { Keys } from "../shell/Keys";
import { toast, toastError } from "../shell/toast";

interface BannerProps {
  run: string;
  question: Question;
  /** the first of several has the key */
  first: boolean;
  onAnswer: () => void;
}

export function QuestionBanner({ run, question, first, onAnswer }: BannerProps) {
  const refuse = useMutation({
    mutationFn: () => reject(run, question.path),
    onSuccess: () => toast({ text: `Rejected ${question.path}`, icon: "x" }),
    onError: toastError,
  });
  return (
    <div className="ask s-paused">
      <StateIcon drawing="paused" />
      <span className="cut">
        <b className="mono">{question.path}</b> waits for an answer{question.message !== null && ": "}
        {question.message !== null && <b>{firstLine(question.message)}</b>}
      </span>
      <span className="grow" />
      <button type="button" className="btn btn-s" disabled={refuse.isPending} onClick={() => refuse.mutate()}>
        Reject
      </button>
      <button type="button" className="btn btn-s btn-tint" onClick={onAnswer}>
        Answer…
        {first && <Keys keys="A" />}
      </button>
    </div>
  );
}

export function AnswerDialog({
  run,
  question,
  onClose,
}: {
  run: string;
  question: Question | null;
  onClose: () => void;
}) {
  return (
    <Dialog.Root open={question !== null} onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="scrim">
          <Dialog.Content className="dialog dialog-s answer" aria-describedby={undefined}>
            <DialogHead
              title={
                <>
                  <code>{question?.path}</code> asks
                </>
              }
            />
            {question && <Form key={question.task_run} run={run} question={question} onClose={onClose} />}
          </Dialog.Content>
        </Dialog.Overlay>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Form({ run, question, onClose }: { run: string; question: Question; onClose: () => void }) {
  const fields = fieldsOf(question.fields);
  const [texts, setTexts] = useState<Record<string, string>>(() =>
    Object.fromEntries(fields.map((field) => [field.name, asText(field, field.default)])),
  );
  const [tried, setTried] = useState(false);
  // Without a field to begin with, Enter answers: that is what the person came for.
  const yes = useRef<HTMLButtonElement>(null);
  const isBare = fields.length === 0;
  useEffect(() => {
    if (isBare) yes.current?.focus();
  }, [isBare]);
  const { values, problems } = readForm(fields, texts);
  const answer = useMutation({
    mutationFn: (yes: boolean) => (yes ? approve(run, question.path, values) : reject(run, question.path)),
    onSuccess: (_, yes) => {
      toast({ text: `${yes ? "Approved" : "Rejected"} ${question.path}`, icon: yes ? "check" : "x" });
      onClose();
    },
  });
  const refused = refusals(answer.error, fields);
  const problemOf = (name: string): string | null => {
    const own = tried ? problems[name] : undefined;
    return own ?? refused.at[name] ?? null;
  };
  return (
    <form
      className="answer-form"
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (Object.keys(problems).length === 0) answer.mutate(true);
      }}
    >
      <div className="scroll answer-body">
        {question.message !== null && <Markdown text={question.message} />}
        {fields.map((field, at) => (
          <FormField
            key={field.name}
            field={field}
            text={texts[field.name] ?? ""}
            problem={problemOf(field.name)}
            first={at === 0}
            onText={(text) => setTexts({ ...texts, [field.name]: text })}
          />
        ))}
        {refused.rest !== null && (
          <p className="problem" role="alert">
            <Icon name="warn" className="i-14" />
            <span>
              <Said text={refused.rest} />
            </span>
          </p>
        )}
      </div>
      <div className="dialog-f">
        <button
          type="button"
          className="btn"
          disabled={answer.isPending}
          onClick={() => answer.mutate(false)}
        >
          Reject
        </button>
        <span className="grow" />
        <button ref={yes} type="submit" className="btn btn-primary" disabled={answer.isPending}>
          Approve
        </button>
      </div>
    </form>
  );
}
