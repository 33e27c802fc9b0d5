// Values written as YAML: on one line, or on lines of their own.

import { isJsonList, isJsonMap, type Json, type JsonMap } from "./json";
import { blockText, inlineScalar, isFilled } from "./scalar";
import type { Style } from "./style";

/** What stands behind a key's colon, and the lines below it. */
export interface Written {
  /** on the key's line; empty: all of it is below */
  readonly head: string;
  /** with their indentation */
  readonly lines: readonly string[];
}

/** The longest list or map on one line. */
const LONGEST = 72;

/** The value on one line, as it stands in braces or behind a key. */
export function inline(value: Json, style: Style, inFlow = true): string {
  if (isJsonList(value)) {
    const items = value.map((item) => inline(item, style));
    return items.length === 0 ? "[]" : `[${style.inBrackets}${items.join(", ")}${style.inBrackets}]`;
  }
  if (isJsonMap(value)) {
    const entries = Object.entries(value).map(
      ([key, one]) => `${keyText(key, style)}: ${inline(one, style)}`,
    );
    return entries.length === 0 ? "{}" : `{${style.inBraces}${entries.join(", ")}${style.inBraces}}`;
  }
  return inlineScalar(value, style.quote, inFlow);
}

export function keyText(key: string, style: Style): string {
  return inlineScalar(key, style.quote, true);
}

/** A value below a key that stands at `column`. */
export function below(value: Json, column: number, style: Style): Written {
  if (typeof value === "string" && value.includes("\n")) {
    const block = blockText(value, style.indent, false);
    if (block) return { head: block.header, lines: indented(block.lines, column + style.indent) };
  }
  if (!isFilled(value) || isShort(value, style)) return { head: inline(value, style, false), lines: [] };
  if (isJsonList(value)) return { head: "", lines: listLines(value, column + style.listIndent, style) };
  return { head: "", lines: isJsonMap(value) ? mapLines(value, column + style.indent, style) : [] };
}

/** Whether a list or map is good to read on one line. */
function isShort(value: Json, style: Style): boolean {
  if (!isJsonList(value) && !isJsonMap(value)) return false;
  const inside = isJsonList(value) ? value : Object.values(value);
  if (inside.some((one) => typeof one === "string" && one.includes("\n"))) return false;
  if (isJsonMap(value) && inside.some((one) => isFilled(one) && isJsonMap(one))) return false;
  return (
    inline(value, style).length <= LONGEST && inside.every((one) => !isFilled(one) || isShort(one, style))
  );
}

/** The lines of a block map. */
export function mapLines(map: JsonMap, column: number, style: Style): string[] {
  return Object.entries(map).flatMap(([key, value]) =>
    entryLines(key, below(value, column, style), column, style),
  );
}

export function entryLines(key: string, { head, lines }: Written, column: number, style: Style): string[] {
  const space = head === "" ? "" : " ";
  return [`${" ".repeat(column)}${keyText(key, style)}:${space}${head}`, ...lines];
}

function listLines(list: readonly Json[], column: number, style: Style): string[] {
  return list.flatMap((item) => itemLines(item, column, style));
}

/** An item of a block list: a map's first key stands behind the dash. */
export function itemLines(item: Json, column: number, style: Style): string[] {
  const dash = `${" ".repeat(column)}- `;
  if (isJsonMap(item) && isFilled(item) && !isShort(item, style)) {
    const [first = "", ...rest] = mapLines(item, column + 2, style);
    return [dash + first.trimStart(), ...rest];
  }
  if (isJsonList(item) && isFilled(item) && !isShort(item, style)) {
    const [first = "", ...rest] = listLines(item, column + 2, style);
    return [dash + first.trimStart(), ...rest];
  }
  const { head, lines } = below(item, column, style);
  return [dash + head, ...lines];
}

/** A task: its keys always stand below its name, and its inner tasks below theirs. */
export function taskLines(name: string, body: JsonMap, column: number, style: Style): string[] {
  const title = `${" ".repeat(column)}${keyText(name, style)}:`;
  if (!isFilled(body)) return [`${title} {}`];
  return [title, ...bodyLines(body, column + style.indent, style)];
}

function bodyLines(body: JsonMap, column: number, style: Style): string[] {
  return Object.entries(body).flatMap(([key, value]) => {
    if (key !== "tasks" || !isJsonMap(value) || !isFilled(value)) {
      return entryLines(key, below(value, column, style), column, style);
    }
    const inner = Object.entries(value).flatMap(([name, task]) =>
      isJsonMap(task)
        ? taskLines(name, task, column + style.indent, style)
        : entryLines(name, below(task, column + style.indent, style), column + style.indent, style),
    );
    return [...entryLines(key, { head: "", lines: [] }, column, style), ...inner];
  });
}

export function indented(lines: readonly string[], column: number): string[] {
  return lines.map((line) => (line === "" ? "" : " ".repeat(column) + line));
}
