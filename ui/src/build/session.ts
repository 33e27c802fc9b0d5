// The flows that are being edited in this window. One that is not saved stays while its tab is not shown.

import { get, path, send } from "../api/client";
import type { Diagnostic, FlowDetail, Graph } from "../api/types";
import { FlowDocument } from "../edit/document";
import type { Language } from "../edit/language";
import { toastError } from "../shell/toast";
import type { FlowEditor } from "./context";
import { Editor, type Report } from "./editor";
import { draftOf, fileEngine } from "./files/engine";
import { type Edited, FlowFile } from "./files/flowFile";
import { EMPTY_LAYOUT, type Layout } from "./layout";
import { shared } from "./share";

export interface Session {
  readonly editor: FlowEditor;
  readonly file: FlowFile;
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
  let drawn: Graph | null = null;
  const editor: FlowEditor = new Editor<Diagnostic, Graph>(text, language, {
    check: async (asked, signal) => {
      const report = await checkText(summary.file, asked, language, signal);
      if (!report.graph) return report;
      drawn = shared(drawn, report.graph);
      return { ...report, graph: drawn };
    },
    keep: (unsaved) => file.keep(unsaved),
    keepLayout: (layout) => void saveLayout(flow, layout),
  });
  const file = new FlowFile(text, version, editedBy(editor), fileEngine(flow, summary.file));
  const session: Session = { editor, file };
  sessions.set(flow, session);
  void restoreDraft(flow, summary.file, session);
  void loadLayout(flow, session.editor);
  return session;
}

function editedBy(editor: FlowEditor): Edited {
  return {
    text: () => editor.snapshot().document.text,
    isDirty: () => editor.snapshot().isDirty,
    replace: (text) => editor.replace(text),
    saved: (text) => editor.saved(text),
  };
}

/** What was not saved when a window went comes back, unless something was typed meanwhile. */
async function restoreDraft(flow: string, path: string | null, { editor, file }: Session): Promise<void> {
  try {
    const draft = await draftOf(flow, path);
    if (draft && !editor.snapshot().isDirty) file.restore(draft.text, draft.base);
  } catch (error) {
    toastError(error);
  }
}

/** The flow is gone, or is called otherwise now. */
export function forgetSession(flow: string): void {
  sessions.get(flow)?.editor.close();
  sessions.delete(flow);
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
