// The editor that the parts of the Build tab share.

import { createContext, useContext, useSyncExternalStore } from "react";
import type { Diagnostic, Graph } from "../api/types";
import type { Editor, Snapshot } from "./editor";

export type FlowEditor = Editor<Diagnostic, Graph>;
export type FlowSnapshot = Snapshot<Diagnostic, Graph>;

export const EditorContext = createContext<FlowEditor | null>(null);

export function useEditor(): FlowEditor {
  const editor = useContext(EditorContext);
  if (!editor) throw new Error("no flow is being edited around this");
  return editor;
}

/** A part of what the editor says; drawn again when that part is another one. */
export function useEdited<T>(part: (snapshot: FlowSnapshot) => T): T {
  const editor = useEditor();
  return useSyncExternalStore(editor.subscribe, () => part(editor.snapshot()));
}
