// Flows whose text this window edits: whoever starts a run asks here whether what would run is what a person sees.

import { useCallback, useSyncExternalStore } from "react";

/** How the text that is edited differs from the file; `wrong`: and it cannot run. */
export type Unsaved = "none" | "right" | "wrong";

export interface EditedText {
  subscribe(listener: () => void): () => void;
  unsaved(): Unsaved;
  /** writes the file; the flow's name then; rejects, in words, where it is not written */
  save(): Promise<string>;
}

const texts = new Map<string, EditedText>();
const watchers = new Set<() => void>();

/** Tells of a flow's text, until the returned function is called. */
export function offerText(flow: string, text: EditedText): () => void {
  texts.set(flow, text);
  const leave = text.subscribe(changed);
  changed();
  return () => {
    leave();
    if (texts.get(flow) === text) texts.delete(flow);
    changed();
  };
}

function changed(): void {
  for (const watcher of watchers) watcher();
}

export function unsavedOf(flow: string): Unsaved {
  return texts.get(flow)?.unsaved() ?? "none";
}

export function useUnsaved(flow: string): Unsaved {
  return useSyncExternalStore(
    watch,
    useCallback(() => unsavedOf(flow), [flow]),
  );
}

/** Saves what is not saved of a flow; its name then, which the text may have changed. */
export async function saveUnsaved(flow: string): Promise<string> {
  const text = texts.get(flow);
  return text === undefined || text.unsaved() === "none" ? flow : text.save();
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}
