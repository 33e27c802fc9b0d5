// Opens the form that starts a run, from anywhere.

const watchers = new Set<(flow: string) => void>();

export function openRunForm(flow: string): void {
  for (const watcher of watchers) watcher(flow);
}

export function onOpenRunForm(watcher: (flow: string) => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}
