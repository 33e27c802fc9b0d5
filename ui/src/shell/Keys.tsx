// Keys as they stand on the keyboard.

const MAC = navigator.platform.startsWith("Mac");

const NAMES: Record<string, string> = {
  Mod: MAC ? "⌘" : "Ctrl",
  Shift: "⇧",
  Enter: "↵",
  ArrowDown: "↓",
  ArrowUp: "↑",
  ArrowRight: "→",
  ArrowLeft: "←",
  Escape: "Esc",
};

const HELD = new Set(["Mod", "Shift"]);

/** `"Mod K"` as one, held together; `"J K"` as two. */
export function Keys({ keys }: { keys: string }) {
  return together(keys).map((chord) => <kbd key={chord}>{chord}</kbd>);
}

function together(keys: string): string[] {
  const chords: string[] = [];
  let held = "";
  for (const key of keys.split(" ")) {
    const name = held + (NAMES[key] ?? key);
    held = HELD.has(key) ? `${name} ` : "";
    if (held === "") chords.push(name);
  }
  return chords;
}
