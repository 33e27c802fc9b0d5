// For tests: the format's language, and edits written short.

import { readFileSync } from "node:fs";
import { FlowDocument } from "../document";
import { attempt, type Draft, isRefusal, type Outcome } from "../draft";
import { readLanguage } from "../language";

const schema = new URL("../../../../docs/flow.schema.json", import.meta.url);

export const language = readLanguage(JSON.parse(readFileSync(schema, "utf8")));

export function open(text: string): FlowDocument {
  return new FlowDocument(text, language);
}

export function edit(text: string, make: (draft: Draft) => void): Outcome {
  return attempt(open(text), make);
}

/** The text after the edit, or why there is none. */
export function edited(text: string, make: (draft: Draft) => void): string {
  const outcome = edit(text, make);
  return isRefusal(outcome) ? `${outcome.refused}: ${outcome.message}` : outcome.document.text;
}
