// Opens the command palette from anywhere.

const watchers = new Set<(text: string) => void>();

export function openPalette(text = ""): void {
  for (const watcher of watchers) watcher(text);
}

export function onOpenPalette(watcher: (text: string) => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}
