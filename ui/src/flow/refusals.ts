// What the engine said no to a form with, at the fields that it is about.

import { ApiError } from "../api/client";
import { brief } from "../parts/format";
import { type Field, fieldOf } from "./schemaForm";

export interface Refusals {
  /** by field */
  readonly at: Readonly<Record<string, string>>;
  /** what is about none of them */
  readonly rest: string | null;
}

export function refusals(error: unknown, fields: readonly Field[]): Refusals {
  if (!error) return { at: {}, rest: null };
  const at: Record<string, string> = {};
  const rest: string[] = [];
  for (const message of messagesOf(error)) {
    const name = fieldOf(message, fields);
    if (name === null) rest.push(message);
    else at[name] ??= message.replace(new RegExp(`^(the )?(parameter )?[\`'"]?${name}[\`'"]?:? *`), "");
  }
  return { at, rest: rest[0] ?? null };
}

function messagesOf(error: unknown): readonly string[] {
  if (!(error instanceof ApiError)) return [error instanceof Error ? error.message : brief(error)];
  const { mistakes, diagnostics, detail, hint } = error.problem;
  if (mistakes?.length) return mistakes;
  const hinted = (message: string, more: string | null | undefined) =>
    more ? `${message} — ${more}` : message;
  if (diagnostics?.length) return diagnostics.map((one) => hinted(one.message, one.hint));
  return [hinted(detail, hint)];
}
