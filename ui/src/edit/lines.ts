// Lines of a text, found from a place in it.

export function lineStart(text: string, at: number): number {
  return at <= 0 ? 0 : text.lastIndexOf("\n", at - 1) + 1;
}

/** Where the line's break begins, or the text ends. */
export function lineEnd(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  if (end < 0) return text.length;
  return end > at && text[end - 1] === "\r" ? end - 1 : end;
}

/** Where the next line begins. */
export function nextLine(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end + 1;
}

export function columnOf(text: string, at: number): number {
  return at - lineStart(text, at);
}

/** Whether nothing but spaces stands before it on its line. */
export function startsLine(text: string, at: number): boolean {
  return /^[ \t\ufeff]*$/.test(text.slice(lineStart(text, at), at));
}

/** Where the comment of the rest of a line begins, from a place that is behind a value. */
export function commentBehind(text: string, at: number): number | null {
  const rest = text.slice(at, lineEnd(text, at));
  const found = /^([ \t]*,)?[ \t]+(?=#)/.exec(rest);
  return found ? at + found[0].length : null;
}

/** Moves every line but the first by so many columns; a line without text stays empty. */
export function moveLines(text: string, by: number): string {
  if (by === 0) return text;
  return text.replace(/\n( *)(?=[^\r\n])/g, (_, spaces: string) => {
    return `\n${" ".repeat(Math.max(0, spaces.length + by))}`;
  });
}
