// What the API does with a flow's file.

import { isMap, parseDocument } from "yaml";
import { newFlowOf } from "../../api/actions";
import { ApiError, get, path, send } from "../../api/client";
import type { Draft, Drafts, SavedFlow } from "../../api/types";
import type { Elsewhere, FileEngine, Gone, Written } from "./flowFile";

/** A draft is known by its file: that is so also while there is no file, and nothing says whose flow it is. */
export function fileEngine(flow: string, file: string | null): FileEngine {
  const draft = file === null ? path`/flows/${flow}/draft` : path`/drafts/${file}`;
  return {
    save: (text, base) => save(flow, text, base),
    create: (text) => writeAgain(flow, text, file),
    keepDraft: async (text, base) => {
      await send("PUT", draft, { text, base });
    },
    dropDraft: () => drop(draft),
  };
}

async function drop(draft: string): Promise<void> {
  try {
    await send("DELETE", draft);
  } catch (error) {
    // A save has dropped it already.
    if (!isMissing(error)) throw error;
  }
}

/** Writes a text as the file of a flow that was deleted. */
export async function writeAgain(flow: string, text: string, file: string | null): Promise<Written> {
  const { version, name } = await newFlowOf(flow, text, file);
  return { is: "written", version, name };
}

/** What was not saved of a flow whose file is gone; `null`: nothing. */
export async function lostDraft(flow: string): Promise<Draft | null> {
  const { drafts } = await get<Drafts>("/drafts");
  const lost = drafts.filter((draft) => draft.current === null);
  const called = ({ path: of }: Draft) => of === `${flow}.flow.yaml` || of.endsWith(`/${flow}.flow.yaml`);
  return lost.find((draft) => namedIn(draft.text) === flow) ?? lost.find(called) ?? null;
}

function namedIn(text: string): unknown {
  const { contents } = parseDocument(text);
  return isMap(contents) ? contents.get("name") : undefined;
}

/** Lets go of a draft, by its file. */
export function dropDraft({ path: file }: Draft): Promise<void> {
  return drop(path`/drafts/${file}`);
}

/** Whether the engine knows no such flow. */
export function isNoFlow(error: unknown): boolean {
  return error instanceof ApiError && error.problem.type === "tidemill:no-flow";
}

async function save(flow: string, text: string, base: string): Promise<Written | Elsewhere | Gone> {
  try {
    const { version, name } = await send<SavedFlow>("PUT", path`/flows/${flow}/text`, { text, base });
    return { is: "written", version, name };
  } catch (error) {
    const elsewhere = error instanceof ApiError ? changedElsewhere(error.problem) : null;
    if (elsewhere) return elsewhere;
    if (isNoFlow(error)) return { is: "gone" };
    throw error;
  }
}

function changedElsewhere(problem: { type: string } & object): Elsewhere | null {
  if (problem.type !== "tidemill:changed-elsewhere") return null;
  const { text, version } = problem as { text?: unknown; version?: unknown };
  if (typeof text !== "string" || typeof version !== "string") return null;
  return { is: "elsewhere", text, version };
}

/** What was not saved of a flow's file when a window went; `null`: nothing. */
export async function draftOf(
  flow: string,
  file: string | null,
): Promise<{ text: string; base: { text: string; version: string } | null } | null> {
  const { drafts } = await get<Drafts>("/drafts");
  const draft = drafts.find((one) => one.file === file);
  if (!draft) return null;
  return { text: draft.text, base: draft.base === null ? null : await versionOf(flow, draft.base) };
}

/** A version's text; `null` where it is not kept any more. */
async function versionOf(flow: string, version: string): Promise<{ text: string; version: string } | null> {
  try {
    const { text } = await get<{ text: string }>(path`/flows/${flow}/versions/${version}`);
    return { text, version };
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof ApiError && error.problem.status === 404;
}
