// How much of a value is shown. A value may be of any size and depth; what is drawn is not.

/** Entries of a list or an object that are shown at once. */
export const ENTRIES = 50;
/** Characters of a text that are shown unasked, and at most. */
export const TEXT = 240;
export const LONGEST_TEXT = 20_000;

export type Kind = "object" | "list" | "text" | "number" | "word";

export interface Entry {
  name: string;
  value: unknown;
}

export function kindOf(value: unknown): Kind {
  if (Array.isArray(value)) return "list";
  if (value !== null && typeof value === "object") return "object";
  if (typeof value === "string") return "text";
  return typeof value === "number" ? "number" : "word";
}

export function sizeOf(value: unknown): number {
  if (Array.isArray(value)) return value.length;
  return value !== null && typeof value === "object" ? Object.keys(value).length : 0;
}

/** The first entries, at most `most`. */
export function entriesOf(value: unknown, most: number): Entry[] {
  if (Array.isArray(value)) return value.slice(0, most).map((one, at) => ({ name: String(at), value: one }));
  if (value === null || typeof value !== "object") return [];
  const entries: Entry[] = [];
  for (const name of Object.keys(value)) {
    if (entries.length >= most) break;
    entries.push({ name, value: (value as Record<string, unknown>)[name] });
  }
  return entries;
}

/** What stands for what is folded: `3 keys`, `46 items`, and of small ones what is in them. */
export function summary(value: unknown): string {
  const size = sizeOf(value);
  if (Array.isArray(value)) {
    if (size === 0) return "[]";
    return size === 1 ? "1 item" : `${size} items`;
  }
  if (size === 0) return "{}";
  const first = entriesOf(value, 3).filter((entry) => sizeOf(entry.value) === 0);
  const shown = first.map((entry) => `${entry.name}: ${short(entry.value)}`).join(", ");
  const keys = size === 1 ? "1 key" : `${size} keys`;
  return shown === "" || shown.length > 40 ? keys : `{ ${shown}${size > first.length ? ", …" : ""} }`;
}

function short(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 16 ? `${value.slice(0, 15)}…` : value);
  return JSON.stringify(value) ?? "";
}

/** A text as far as it is shown: line breaks and tabs as they are, what steers a terminal by its name. */
export function shownText(text: string, whole: boolean): { text: string; left: number } {
  const most = whole ? LONGEST_TEXT : TEXT;
  return { text: escaped(text.slice(0, most)), left: Math.max(0, text.length - most) };
}

function escaped(text: string): string {
  return Array.from(text, (character) => {
    const code = character.charCodeAt(0);
    const isShown =
      character === "\n" || character === "\t" || (code >= 0x20 && (code < 0x7f || code > 0x9f));
    return isShown ? character : `\\u${code.toString(16).padStart(4, "0")}`;
  }).join("");
}
