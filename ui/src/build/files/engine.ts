// What the API does with a flow's file.

import { ApiError, get, path, send } from "../../api/client";
import type { Drafts, SavedFlow } from "../../api/types";
import type { Elsewhere, FileEngine, Written } from "./flowFile";

export function fileEngine(flow: string): FileEngine {
  return {
    save: (text, base) => save(flow, text, base),
    keepDraft: async (text, base) => {
      await send("PUT", path`/flows/${flow}/draft`, { text, base });
    },
    dropDraft: async () => {
      try {
        await send("DELETE", path`/flows/${flow}/draft`);
      } catch (error) {
        // A save has dropped it already.
        if (!isMissing(error)) throw error;
      }
    },
  };
}

async function save(flow: string, text: string, base: string): Promise<Written | Elsewhere> {
  try {
    const { version, name } = await send<SavedFlow>("PUT", path`/flows/${flow}/text`, { text, base });
    return { is: "written", version, name };
  } catch (error) {
    const elsewhere = error instanceof ApiError ? changedElsewhere(error.problem) : null;
    if (elsewhere) return elsewhere;
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
