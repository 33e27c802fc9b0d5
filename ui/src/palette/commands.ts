// What the page that is shown adds to the command palette.

import { useEffect, useRef, useSyncExternalStore } from "react";
import type { IconName } from "../parts/Icon";

export interface PageCommand {
  readonly id: string;
  readonly title: string;
  readonly icon?: IconName;
  readonly keys?: string;
  readonly run: () => void;
}

type Source = () => readonly PageCommand[];

const sources = new Set<Source>();
const watchers = new Set<() => void>();
let current: readonly Source[] = [];

function changed(): void {
  current = [...sources];
  for (const watcher of watchers) watcher();
}

/** Offers commands while the component is on the screen; which, is asked when the palette opens. */
export function usePageCommands(source: Source): void {
  const latest = useRef(source);
  latest.current = source;
  useEffect(() => {
    const held = () => latest.current();
    sources.add(held);
    changed();
    return () => {
      sources.delete(held);
      changed();
    };
  }, []);
}

export function useOffered(): readonly PageCommand[] {
  const held = useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => current,
  );
  return held.flatMap((source) => source());
}
