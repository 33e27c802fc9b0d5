// What went wrong, in one line: what the API says of it, and the mend that it knows.

import { ApiError } from "./client";

export function sayError(error: unknown): string {
  const hint = error instanceof ApiError ? error.problem.hint : null;
  const text = error instanceof Error ? error.message : String(error);
  return hint ? `${text} — ${hint}` : text;
}
