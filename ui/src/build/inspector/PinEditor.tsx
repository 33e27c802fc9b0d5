// A pinned output, edited as JSON.

import { useEffect, useId, useRef, useState } from "react";
import { Icon } from "../../parts/Icon";
import { jsonMistake } from "../../parts/jsonMistake";
import { Said } from "../../parts/Said";

interface Props {
  text: string;
  /** whether the focus goes into the field at once */
  entered: boolean;
  onText: (text: string) => void;
  onValue: (value: unknown) => void;
  onCancel: () => void;
}

export function PinEditor({ text, entered, onText, onValue, onCancel }: Props) {
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (entered) field.current?.focus();
  }, [entered]);
  const [problem, setProblem] = useState<string | null>(null);
  const take = () => {
    try {
      onValue(JSON.parse(text));
    } catch (error) {
      setProblem(jsonMistake(text, error));
    }
  };
  return (
    <form
      className={`field ${problem === null ? "" : "has-problem"}`}
      onSubmit={(event) => {
        event.preventDefault();
        take();
      }}
    >
      <label className="label" htmlFor={id}>
        The pinned output <span className="opt">JSON</span>
      </label>
      <div className="input input-code">
        <textarea
          ref={field}
          id={id}
          spellCheck={false}
          aria-invalid={problem !== null}
          rows={Math.min(16, Math.max(3, text.split("\n").length))}
          value={text}
          onChange={(event) => {
            onText(event.target.value);
            setProblem(null);
          }}
        />
      </div>
      {problem !== null && (
        <p className="problem" role="alert">
          <Icon name="warn" className="i-14" />
          <span>
            The pinned output <Said text={problem} />
          </span>
        </p>
      )}
      <div className="several-acts pin-acts">
        <button type="submit" className="btn btn-s btn-primary">
          Pin this
        </button>
        <button type="button" className="btn btn-s" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  );
}
