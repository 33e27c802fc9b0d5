// What the fields of the inspector share: the document, what is in scope, the problems with their places.

import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useMemo, useRef } from "react";
import type { FlowDocument } from "../../edit/document";
import { isJsonMap, type Json, type JsonMap } from "../../edit/json";
import { tasksOf } from "../../edit/tasks";
import { pathOfTask, type ValuePath } from "../../edit/value";
import { useEdited } from "../context";
import { sampleOf } from "../fields/completions";
import { type Fields, FieldsContext } from "../fields/fields";
import type { Forms } from "../fields/form";
import { valueAt } from "../fields/place";
import { placed } from "../fields/problems";
import { scope, standings, useCheckedText, useRightText } from "../trying/queries";

/** The newest document that could be read: while the text cannot be, the one before. */
export function useReadable(): { document: FlowDocument; frozen: boolean } {
  const document = useEdited((snapshot) => snapshot.document);
  const last = useRef(document);
  if (!document.failure) last.current = document;
  return { document: last.current, frozen: document.failure !== null };
}

interface Props {
  flow: string;
  /** the path of the task; `null`: the flow itself */
  task: string | null;
  forms: Forms;
  children: ReactNode;
}

export function FormScope({ flow, task, forms, children }: Props) {
  const { document, frozen } = useReadable();
  const text = useCheckedText();
  const report = useEdited((snapshot) => snapshot.report);
  // Of a text with mistakes what was in scope before them stands.
  const right = useRightText();
  const seen = useQuery({ ...scope(flow, right, task), enabled: right !== null });
  const standing = useQuery({ ...standings(flow, right), enabled: right !== null });
  const path = task?.split("/");
  const fields = useMemo<Fields>(() => {
    const own = task?.split("/") ?? null;
    return {
      flow,
      task,
      document,
      frozen,
      names: withInputs((seen.data?.names ?? {}) as JsonMap, document, own),
      builtins: forms.builtins,
      sampled: newest(
        standing.data?.tasks.filter((one) => one.task !== task).map((one) => one.last?.ended_at),
      ),
      problems: text === document.text && report ? placed(document, report.problems) : [],
      inherited: (at) => (own === null ? null : inherited(document, forms, own, at)),
    };
  }, [flow, task, document, frozen, seen.data, standing.data, text, report, forms]);
  if (path && !document.task(path)) return null;
  return <FieldsContext value={fields}>{children}</FieldsContext>;
}

/** Code reads the outputs of the tasks that it needs by `inputs`. */
function withInputs(names: JsonMap, document: FlowDocument, task: readonly string[] | null): JsonMap {
  const found = task && tasksOf(document).find(task);
  const { tasks } = names;
  if (!found || tasks === undefined || !isJsonMap(tasks)) return names;
  const read = found.expressions.flatMap(({ mentions }) =>
    mentions.flatMap(({ path }) => (path[0] === "tasks" && path[1] !== undefined ? [path[1]] : [])),
  );
  const needed = new Set([...found.needs.map(({ name }) => name), ...read]);
  const inputs = Object.entries(tasks).flatMap(([name, one]): [string, Json][] => {
    const output = isJsonMap(one) ? one.output : undefined;
    return needed.has(name) ? [[name, output ?? null]] : [];
  });
  return { ...names, inputs: Object.fromEntries(inputs) };
}

function newest(times: readonly (string | null | undefined)[] | undefined): string | null {
  return (times ?? []).reduce<string | null>(
    (found, time) => (time && (found === null || time > found) ? time : found),
    null,
  );
}

/** What the flow's `defaults` say of an option that the task does not set. */
function inherited(
  document: FlowDocument,
  forms: Forms,
  task: readonly string[],
  path: ValuePath,
): string | null {
  const depth = pathOfTask(task).length;
  const [option, ...rest] = path.slice(depth);
  if (typeof option !== "string" || !forms.isInherited(option, kindOf(document, task))) return null;
  // A task's own value stands for the whole of the default, not for a part of it.
  if (rest.length > 0 && valueAt(document, path.slice(0, depth + 1)) !== undefined) return null;
  const value = valueAt(document, ["defaults", option, ...rest]);
  if (value === undefined) return null;
  return typeof value === "string" ? value : isJsonMap(value) ? sampleOf(value) : JSON.stringify(value);
}

/** The kind of a task; `null`: it has none yet. */
export function kindOf(document: FlowDocument, task: readonly string[]): string | null {
  const body = document.task(task)?.value;
  const found = body && document.resolve(body);
  if (found?.kind !== "map") return null;
  return found.entries.find(({ name }) => document.language.kinds.has(name))?.name ?? null;
}
