// The flows that are being edited in this window. One that is not saved stays while its tab is not shown.

import { get, path, send } from "../api/client";
import type { Diagnostic, FlowDetail, Graph } from "../api/types";
import { FlowDocument } from "../edit/document";
import type { Language } from "../edit/language";
import { toastError } from "../shell/toast";
import type { FlowEditor } from "./context";
import { Editor, type Report } from "./editor";
import { EMPTY_LAYOUT, type Layout } from "./layout";

/** What the studio does with a flow's file beside drawing it. */
export interface FlowFile {
  /** writes the text to the disk */
  readonly save: (editor: FlowEditor) => void;
  /** keeps what is not saved where a crash does not lose it; `null`: all is saved */
  readonly keepDraft: (text: string | null) => void;
}

export interface Session {
  readonly editor: FlowEditor;
  /** the text that the file had when the editor last agreed with it */
  version: string;
  /** whoever looks after the file now */
  file: FlowFile | null;
}

const sessions = new Map<string, Session>();

/** The session of a flow; a new one begins with the file's text. */
export function openSession(
  flow: string,
  { text, version, summary }: FlowDetail,
  language: Language,
): Session {
  const known = sessions.get(flow);
  if (known) return known;
  const session: Session = {
    version,
    file: null,
    editor: new Editor<Diagnostic, Graph>(text, language, {
      check: (asked, signal) => checkText(summary.file, asked, language, signal),
      keep: (unsaved) => session.file?.keepDraft(unsaved),
      keepLayout: (layout) => void saveLayout(flow, layout),
    }),
  };
  sessions.set(flow, session);
  void loadLayout(flow, session.editor);
  return session;
}

/** The tab is not shown any more. */
export function leaveSession(flow: string): void {
  const session = sessions.get(flow);
  if (!session || session.editor.snapshot().isDirty) return;
  sessions.delete(flow);
  session.editor.close();
}

interface CheckReport {
  diagnostics: Diagnostic[];
  graph: Graph;
}

async function checkText(
  file: string | null,
  text: string,
  language: Language,
  signal: AbortSignal,
): Promise<Report<Diagnostic, Graph>> {
  const { diagnostics, graph } = await send<CheckReport>("POST", "/check", { text, file }, {}, signal);
  return {
    problems: diagnostics,
    graph: graph.nodes.length > 0 || !hasTasks(text, language) ? graph : null,
  };
}

/** Whether there is something to draw; what is no YAML may have any. */
function hasTasks(text: string, language: Language): boolean {
  const document = new FlowDocument(text, language);
  return document.failure !== null || (document.tasksIn([])?.entries.length ?? 0) > 0;
}

async function loadLayout(flow: string, editor: FlowEditor): Promise<void> {
  try {
    const { layout, warning } = await get<{ layout: Partial<Layout>; warning: string | null }>(
      path`/flows/${flow}/layout`,
    );
    editor.loadLayout({ ...EMPTY_LAYOUT, ...layout });
    if (warning) toastError(new Error(warning));
  } catch {
    // Without what was kept the flow lays itself out, which is no reason to trouble anybody.
  }
}

async function saveLayout(flow: string, layout: Layout): Promise<void> {
  try {
    await send("PUT", path`/flows/${flow}/layout`, layout);
  } catch (error) {
    toastError(error);
  }
}
