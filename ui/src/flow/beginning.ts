// What a new flow begins with.

import { guidedText } from "../guide/guidedText";

/** `command`: around a command; `guided`: nothing, with the guide beside it; `empty`: a task to be changed; else an
 * example's name. */
export type Beginning = "command" | "guided" | "empty" | (string & {});

/** The text of a new flow; `null`: the example's, which the engine writes. */
export function beginningText(beginning: Beginning, name: string, command: string): string | null {
  if (beginning === "guided") return guidedText(name);
  if (beginning === "empty") return `name: ${name}\ntasks:\n  first:\n    shell: echo hello\n`;
  if (beginning !== "command") return null;
  return `name: ${name}\ntasks:\n  run:\n    shell: ${scriptText(command)}\n`;
}

/** A script as YAML, as it was pasted but for blank lines around it; the code itself is never changed. */
function scriptText(command: string): string {
  const lines = command
    .replaceAll("\r\n", "\n")
    .replaceAll("\r", "\n")
    .replace(/^(?:[ \t]*\n)+|\s+$/g, "")
    .split("\n");
  // A first line that is indented would be taken for the indentation of all.
  const mark = /^[ \t]/.test(lines[0] ?? "") ? "|2-" : "|-";
  const indent = "      ";
  return [mark, ...lines.map((line) => (line.trim() === "" ? "" : indent + line))].join("\n");
}
