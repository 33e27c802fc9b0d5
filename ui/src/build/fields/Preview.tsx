// What a value with expressions in it gives, with what the flow's tasks gave last.

import { useQuery } from "@tanstack/react-query";
import { isJsonList, isJsonMap, type Json } from "../../edit/json";
import { brief, when } from "../../parts/format";
import { Icon } from "../../parts/Icon";
import { Said } from "../../parts/Said";
import { evaluation } from "../trying/queries";
import { sampleOf } from "./completions";
import { useFields } from "./fields";
import { hasExpression } from "./text";
import { usePaused } from "./usePaused";

const PAUSE_MS = 250;
const MOST_READS = 3;

/** `typing`: what is not right yet may become so with the next letters. */
export function Preview({ value, typing }: { value: Json | undefined; typing: boolean }) {
  return value !== undefined && hasExpression(JSON.stringify(value)) ? (
    <Given value={value} typing={typing} />
  ) : null;
}

function Given({ value, typing }: { value: Json; typing: boolean }) {
  const { flow, task, document, sampled, frozen } = useFields();
  const key = JSON.stringify([value, document.text]);
  const asked = usePaused({ value, text: document.text }, key, PAUSE_MS);
  const answer = useQuery({ ...evaluation(flow, asked.text, task, asked.value), enabled: !frozen });
  const given = answer.data;
  if (!given)
    return answer.error ? (
      <p className="eval faint">Not evaluated: {answer.error.message}</p>
    ) : (
      <p className="eval faint" aria-busy="true">
        …
      </p>
    );
  if (given.problem !== null)
    return (
      <p className={`eval ${typing ? "faint" : "eval-problem"}`}>
        <Icon name="warn" className="i-12" />
        <span>
          <Said text={given.problem} />
        </span>
      </p>
    );
  const reads = given.reads.slice(0, MOST_READS).map(({ path, value: read }) => (
    <span key={path}>
      <code>{path}</code> {sampleOf(read as Json)}
    </span>
  ));
  return (
    <p className="eval" aria-live="polite">
      <span className="mono arrow" aria-hidden="true">
        →
      </span>
      <span className="sr">gives</span>
      <code className="given">{shown(given.value as Json)}</code>
      <span className="faint eval-reads">
        {reads}
        {sampled !== null && reads.length > 0 && (
          <span>with the outputs of {when(new Date(sampled), new Date())}</span>
        )}
      </span>
    </p>
  );
}

function shown(value: Json): string {
  const text = isJsonList(value) || isJsonMap(value) ? JSON.stringify(value) : brief(value);
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
}
