// Places in a file's text and in the text editor, which counts every line break as one sign.

import type { Text } from "@codemirror/state";
import type { Splice } from "../../edit/splice";

const BREAK = /\r\n?|\n/g;

/** From places in the file to places in the editor. */
export function inEditor(text: string): (at: number) => number {
  if (!text.includes("\r")) return (at) => at;
  const starts = lineStarts(text);
  const shorter = shortenings(text);
  return (at) => at - (shorter[indexOf(starts, at)] ?? 0);
}

/** From places in the editor to places in the file. */
export function inFile(text: string): (at: number) => number {
  if (!text.includes("\r")) return (at) => at;
  const shorter = shortenings(text);
  const starts = lineStarts(text).map((start, line) => start - (shorter[line] ?? 0));
  return (at) => at + (shorter[indexOf(starts, at)] ?? 0);
}

function lineStarts(text: string): number[] {
  return [0, ...[...text.matchAll(BREAK)].map((found) => found.index + found[0].length)];
}

/** By how much the editor's text is shorter at the begin of each line. */
function shortenings(text: string): number[] {
  let by = 0;
  return [
    0,
    ...[...text.matchAll(BREAK)].map((found) => {
      by += found[0].length - 1;
      return by;
    }),
  ];
}

/** The line in which a place stands. */
function indexOf(starts: readonly number[], at: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= at) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** What was typed, as splices of the file's text. */
export function typedSplices(
  text: string,
  lineBreak: string,
  changes: readonly { from: number; to: number; insert: Text }[],
): Splice[] {
  const at = inFile(text);
  return changes.map(({ from, to, insert }) => ({
    from: at(from),
    to: at(to),
    insert: insert.toString().replaceAll("\n", lineBreak),
  }));
}
