// Between values and what is typed into fields.

import { parseDocument, stringify } from "yaml";
import type { Json } from "../../edit/json";
import type { Control, Pattern } from "./form";

export type Read =
  | { readonly value: Json }
  /** nothing was typed: nothing is set */
  | { readonly unset: true }
  | { readonly problem: string };

const EXPRESSION = /^\s*\{\{[\s\S]*\}\}\s*$/;

/** So much of what was typed is named in a message. */
const LONGEST_QUOTED = 40;

export function hasExpression(text: string): boolean {
  return text.includes("{{");
}

/** The value of what was typed. */
export function readText(control: Control, text: string): Read {
  const bare = text.trim();
  if (control.is === "code") return text === "" ? { unset: true } : { value: text };
  if (bare === "") return { unset: true };
  switch (control.is) {
    case "text":
      return readLike(control.lines || control.expressions ? text : bare, control.like);
    case "condition":
      return readCondition(bare);
    case "scalar":
      return { value: readScalar(text, control.nullable) };
    case "duration":
      return control.expressions && hasExpression(bare) ? { value: bare } : readLike(bare, control.like);
    case "number":
      return readNumber(bare, control);
    case "any":
      return readAny(text);
    default:
      return { value: bare };
  }
}

/** What was typed as a message names it: its first line, not too long, as code. */
function quoted(text: string): string {
  return `\`${brief(text)}\``;
}

function brief(text: string): string {
  const line = text.trim().split("\n")[0] ?? "";
  const cut = line.length > LONGEST_QUOTED ? `${line.slice(0, LONGEST_QUOTED)}…` : line;
  return cut.replaceAll("`", "'");
}

function readCondition(text: string): Read {
  if (text === "true" || text === "false") return { value: text === "true" };
  if (EXPRESSION.test(text)) return { value: text };
  // What is typed without braces is meant as an expression all the same.
  return {
    problem: `${quoted(text)} is no condition: write \`{{ ${brief(text)} }}\`, \`true\` or \`false\``,
  };
}

/** Only what is written as the number would be is one: `007` and `1e3` are texts. */
function readScalar(text: string, nullable: boolean): Json {
  if (text === "true" || text === "false") return text === "true";
  if (nullable && text === "null") return null;
  const number = Number(text);
  return text !== "" && String(number) === text && Number.isFinite(number) ? number : text;
}

/** What the schema says a text is like is asked before it is written, so that nothing half typed is. */
function readLike(text: string, like: Pattern | null): Read {
  if (like === null || new RegExp(like.source, "u").test(text)) return { value: text };
  const expected = like.said.replace(/^./, (letter) => letter.toLowerCase()).replace(/\.$/, "");
  return { problem: `${quoted(text)} does not fit. What fits: ${expected}` };
}

function readNumber(text: string, { whole, least, most }: Control & { is: "number" }): Read {
  const value = Number(text);
  const said = quoted(text);
  const example = least ?? Math.min(1, most ?? 1);
  if (!Number.isFinite(value))
    return { problem: `${said} is not a number: write one, such as \`${example}\`` };
  if (whole && !Number.isInteger(value))
    return { problem: `${said} is not a whole number: write \`${Math.round(value)}\`, or another one` };
  if (least !== null && value < least) return { problem: `${said} is too small: write ${least} or more` };
  if (most !== null && value > most) return { problem: `${said} is too large: write ${most} or less` };
  return { value };
}

/** YAML, of which JSON is a part; one expression needs no quotes. */
function readAny(text: string): Read {
  if (EXPRESSION.test(text) && !/^\s*\{\{\s*["'][^"']*["']\s*:/.test(text)) return { value: text.trim() };
  const document = parseDocument(text, { version: "1.2", schema: "core", merge: false, uniqueKeys: true });
  const [error] = document.errors;
  if (error) {
    const cause = (error.message.split("\n")[0] ?? "").replace(/:$/, "");
    return { problem: `${quoted(text)} is not YAML: ${cause}. Text with signs in it stands in quotes` };
  }
  return { value: plain(document.toJS()) };
}

function plain(value: unknown): Json {
  // What a document gives is a tree of plain values; the way over JSON leaves out what has no place in it.
  return JSON.parse(JSON.stringify(value ?? null)) as Json;
}

/** What stands in a field for a value. */
export function shownText(control: Control, value: Json | undefined): string {
  if (value === undefined) return "";
  if (control.is === "any") return anyText(value);
  if (typeof value === "string") return value;
  return JSON.stringify(value);
}

/** Text that is read as the same value again. */
function anyText(value: Json): string {
  if (typeof value !== "string") {
    const line = JSON.stringify(value);
    return line.length <= 44 ? line : stringify(value, { version: "1.2", lineWidth: 0 }).trimEnd();
  }
  const read = readAny(value);
  return "value" in read && read.value === value ? value : JSON.stringify(value);
}

/** Code as it is shown: the line break that ends it is none to type. */
export function shownCode(value: Json | undefined): string {
  return typeof value === "string" ? value.replace(/\s+$/, "") : "";
}

/** Code as it is written: lines end with a line break, a single one does not. */
export function writtenCode(text: string): string {
  const code = text.replaceAll("\r\n", "\n").replace(/\s+$/, "");
  return code.includes("\n") ? `${code}\n` : code;
}
