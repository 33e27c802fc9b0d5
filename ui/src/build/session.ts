// The flows that are being edited in this window. One that is not saved stays while its tab is not shown.

import { get, path, send, Unreachable } from "../api/client";
import { live } from "../api/context";
import { sayError } from "../api/said";
import type { Diagnostic, FlowDetail, Graph } from "../api/types";
import type { Language } from "../edit/language";
import { offerText, type Unsaved } from "../flow/unsaved";
import { shared } from "../graph/share";
import { renameGuided } from "../guide/guide";
import { toastError } from "../shell/toast";
import type { FlowEditor } from "./context";
import { Editor, type Report } from "./editor";
import { draftOf, fileEngine } from "./files/engine";
import { type Edited, FlowFile } from "./files/flowFile";
import { EMPTY_LAYOUT, type Layout } from "./layout";

export interface Session {
  readonly editor: FlowEditor;
  readonly file: FlowFile;
  /** what else ends with it */
  readonly leave: () => void;
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
      const report = await checkText(summary.file, asked, signal, () => hasTasks(editor, asked));
      if (!report.graph) return report;
      drawn = shared(drawn, report.graph);
      return { ...report, graph: drawn };
    },
    keep: (unsaved) => file.keep(unsaved),
    keepLayout: (layout) => void saveLayout(flow, layout),
  });
  const file = new FlowFile(text, version, editedBy(editor), fileEngine(flow, summary.file));
  const leaveText = offerText(flow, {
    subscribe: editor.subscribe,
    unsaved: () => unsavedIn(editor),
    save: () => saveOrSay(flow, file),
  });
  const leaveStream = live.listen(
    () => {},
    () => {
      if (file.state().error instanceof Unreachable) file.overcome();
      editor.back();
    },
  );
  const leave = () => {
    leaveText();
    leaveStream();
  };
  const session: Session = { editor, file, leave };
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

function unsavedIn(editor: FlowEditor): Unsaved {
  const { isDirty, report } = editor.snapshot();
  if (!isDirty) return "none";
  return report?.problems.some(({ severity }) => severity === "error") ? "wrong" : "right";
}

/** Saves for somebody who needs the file, and is to know why where it is not written. */
async function saveOrSay(flow: string, file: FlowFile): Promise<string> {
  const name = await file.save();
  if (name === null) throw new Error(`not saved: ${whyNotSaved(file)}`);
  if (name !== flow) {
    renameGuided(flow, name);
    forgetSession(flow);
  }
  return name;
}

function whyNotSaved(file: FlowFile): string {
  const { gone, conflict, error } = file.state();
  if (gone) return "the file was deleted — write it again first";
  if (conflict) return "another program changed the same lines — say first what is to stand";
  return error === null ? "it is being saved already — try again" : sayError(error);
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
  const session = sessions.get(flow);
  sessions.delete(flow);
  session?.leave();
  session?.editor.close();
}

/** The tab is not shown any more. */
export function leaveSession(flow: string): void {
  const session = sessions.get(flow);
  if (!session || session.editor.snapshot().isDirty) return;
  forgetSession(flow);
}

interface CheckReport {
  diagnostics: Diagnostic[];
  graph: Graph;
}

async function checkText(
  file: string | null,
  text: string,
  signal: AbortSignal,
  hasTasks: () => boolean,
): Promise<Report<Diagnostic, Graph>> {
  const { diagnostics, graph } = await send<CheckReport>("POST", "/check", { text, file }, {}, signal);
  return {
    problems: diagnostics,
    graph: graph.nodes.length > 0 || !hasTasks() ? graph : null,
  };
}

/** Whether there is something to draw; what is no YAML may have any. */
function hasTasks(editor: FlowEditor, text: string): boolean {
  const document = editor.snapshot().document.next(text);
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
