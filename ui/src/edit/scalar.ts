// Text as a YAML scalar: as it stands where that is safe, else in the quotes that need the fewest escapes.

import { isJsonList, isJsonMap, type Json } from "./json";
import type { ScalarStyle } from "./tree";

export type Quote = '"' | "'";

/** What a text has that quotes must be able to say. */
const UNPRINTABLE = /(?![\t\n\r])\p{Cc}|\p{Cs}|[\u2028\u2029\ufeff\ufffe\uffff]/u;

/** Plain texts that mean no text in YAML 1.2, or did not in 1.1: a reader should not have to know which. */
const RESOLVED =
  /^(?:~|null|true|false|yes|no|on|off|y|n|[-+]?\.(?:inf|nan)|0[ox][\da-f]+|[-+.]?\d[\d_.:eE+\-TZ]*)$/i;

/** A scalar on one line. `old`: how the one that it replaces was written. */
export function inlineScalar(
  value: Exclude<Json, object>,
  quote: Quote,
  inFlow: boolean,
  old: ScalarStyle | null = null,
): string {
  if (typeof value !== "string") return value === null ? "null" : JSON.stringify(value);
  if (old === "single") return quoted(value, "'");
  if (old === "double") return quoted(value, '"');
  return isPlain(value, inFlow) ? value : quoted(value, quote);
}

/** Whether the text can stand without quotes. */
export function isPlain(text: string, inFlow: boolean): boolean {
  if (text === "" || text.trim() !== text || RESOLVED.test(text) || text.includes("{{")) return false;
  if (UNPRINTABLE.test(text) || /[\n\r\t]/.test(text)) return false;
  if (/^[-?:,[\]{}#&*!|>'"%@`<=]/.test(text))
    return /^-[A-Za-z0-9_]/.test(text) && isPlain(text.slice(1), inFlow);
  if (/:(?:\s|$)|\s#/.test(text) || text.startsWith("...")) return false;
  return !inFlow || !/[,[\]{}]|:["']/.test(text);
}

function quoted(text: string, preferred: Quote): string {
  if (UNPRINTABLE.test(text) || /[\n\r\t]/.test(text)) return inDouble(text);
  const forDouble = /["\\]/.test(text);
  const forSingle = text.includes("'");
  const quote =
    forDouble === forSingle ? preferred : forDouble ? "'" : preferred === "'" && forSingle ? '"' : preferred;
  return quote === '"' ? inDouble(text) : `'${text.replaceAll("'", "''")}'`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

function inDouble(text: string): string {
  let done = "";
  for (const character of text) {
    const written = ESCAPES[character];
    done += written ?? (UNPRINTABLE.test(character) ? coded(character) : character);
  }
  return `"${done}"`;
}

function coded(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, "0")}`
    : `\\u${code.toString(16).padStart(4, "0")}`;
}

/** Text on lines of its own, behind `|`. */
export interface BlockText {
  /** `|` and how it ends */
  readonly header: string;
  /** without indentation */
  readonly lines: readonly string[];
}

/** The text as block text; `null` where that cannot say it. `keep`: whether the blank lines at its end may count. */
export function blockText(text: string, indent: number, keep: boolean): BlockText | null {
  const body = text.replace(/\n+$/, "");
  const breaks = text.length - body.length;
  if (UNPRINTABLE.test(body) || body.includes("\r") || body.trim() === "") return null;
  if (breaks > 1 && !keep) return null;
  // A reader takes the columns from the first line with text: one that begins with a space needs a number.
  const number = /^\n*[ \t]/.test(body) ? String(indent) : "";
  if (number.length > 1) return null;
  const end = breaks === 0 ? "-" : breaks === 1 ? "" : "+";
  const blank = breaks > 1 ? Array<string>(breaks - 1).fill("") : [];
  return { header: `|${number}${end}`, lines: [...body.split("\n"), ...blank] };
}

/** Whether a value is a list or a map with something in it. */
export function isFilled(value: Json): boolean {
  return isJsonList(value) ? value.length > 0 : isJsonMap(value) && Object.keys(value).length > 0;
}
