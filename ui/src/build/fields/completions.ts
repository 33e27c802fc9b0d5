// What completes a text with expressions in it, or code that reads values by their names: the names in scope,
// each with a sample of its value, and in expressions the engine's functions, filters and tests.

import { isJsonList, isJsonMap, type Json, type JsonMap } from "../../edit/json";
import type { Builtin, Builtins } from "./builtins";

export interface Completions {
  /** where the name that is typed begins */
  readonly from: number;
  readonly options: readonly Completion[];
}

export interface Completion {
  readonly label: string;
  /** a sample of the value, or what the function is for */
  readonly sample: string;
  readonly is: ValueKind | "function";
  readonly builtin?: Builtin;
}

export type ValueKind = "map" | "list" | "text" | "number" | "word";

/** What an expression may name. */
export interface Known {
  readonly names: JsonMap;
  readonly builtins: Builtins;
}

/** `a.b[0]["c"].` before a name that is being typed. */
const CHAIN = /([A-Za-z_]\w*(?:\.[A-Za-z_]\w*|\[\d+\]|\["[^"\]]*"\]|\['[^'\]]*'\])*)\.(\w*)$/;
/** A name that nothing stands before. */
const FIRST = /(?:^|[^\w.|"'\])]|[^|]\s)([A-Za-z_]\w*)?$/;
/** Behind a `|` stands a filter's name, behind `is` a test's. */
const FILTER = /\|\s*(\w*)$/;
const TEST = /(?:^|[^\w.])is\s+(?:not\s+)?(\w*)$/;
/** `inputs["a"]["` before a key that is being typed. */
const KEYS = /([A-Za-z_]\w*(?:\.[A-Za-z_]\w*|\[\d+\]|\["[^"\]]*"\]|\['[^'\]]*'\])*)\[(["'])([^"'\]]*)$/;

/** In a text: only inside of `{{ … }}`. */
export function completeText({ names, builtins }: Known, text: string, at: number): Completions | null {
  const before = text.slice(0, at);
  const open = before.lastIndexOf("{{");
  if (open < 0 || before.indexOf("}}", open) >= 0) return null;
  const inside = before.slice(open + 2);
  if (isInQuotes(inside)) return keysBehind(names, inside, at);
  const chain = CHAIN.exec(inside);
  if (chain) return options(lookUp(names, chain[1] ?? ""), at - (chain[2] ?? "").length);
  const filter = FILTER.exec(inside);
  if (filter) return offered(builtins.filters, at - (filter[1] ?? "").length);
  const test = TEST.exec(inside);
  if (test) return offered(builtins.tests, at - (test[1] ?? "").length);
  const first = FIRST.exec(inside);
  if (!first) return null;
  const from = at - (first[1] ?? "").length;
  const found = [options(names, from), offered(builtins.functions, from)];
  const all = found.flatMap((one) => one?.options ?? []);
  return all.length === 0 ? null : { from, options: all };
}

function offered(builtins: readonly Builtin[], from: number): Completions | null {
  if (builtins.length === 0) return null;
  return {
    from,
    options: builtins.map((builtin) => ({
      label: builtin.name,
      sample: builtin.help.replaceAll("`", ""),
      is: "function",
      builtin,
    })),
  };
}

/** In code: where a value is read by its key. */
export function completeKeys(names: JsonMap, text: string, at: number): Completions | null {
  return keysBehind(names, text.slice(text.lastIndexOf("\n", at - 1) + 1, at), at);
}

function keysBehind(names: JsonMap, before: string, at: number): Completions | null {
  const found = KEYS.exec(before);
  return found ? options(lookUp(names, found[1] ?? ""), at - (found[3] ?? "").length, /./) : null;
}

function isInQuotes(text: string): boolean {
  let quote: string | null = null;
  for (const sign of text) {
    if (quote === null && (sign === '"' || sign === "'")) quote = sign;
    else if (sign === quote) quote = null;
  }
  return quote !== null;
}

function lookUp(names: JsonMap, chain: string): Json | undefined {
  const steps = chain.match(/\w+(?=$|[.[])|\[\d+\]|\["[^"\]]*"\]|\['[^'\]]*'\]/g) ?? [];
  let found: Json | undefined = names;
  for (const step of steps) {
    if (found === undefined) return undefined;
    if (/^\[\d/.test(step)) found = isJsonList(found) ? found[Number(step.slice(1, -1))] : undefined;
    else {
      const key = step.startsWith("[") ? step.slice(2, -2) : step;
      found = isJsonMap(found) && Object.hasOwn(found, key) ? found[key] : undefined;
    }
  }
  return found;
}

function options(value: Json | undefined, from: number, like = /^[A-Za-z_]\w*$/): Completions | null {
  if (value === undefined || !isJsonMap(value)) return null;
  const found = Object.entries(value).filter(([name]) => like.test(name));
  if (found.length === 0) return null;
  return {
    from,
    options: found.map(([label, one]) => ({ label, sample: sampleOf(one), is: kindOf(one) })),
  };
}

/** A value in few words. */
export function sampleOf(value: Json): string {
  if (isJsonList(value)) return value.length === 1 ? "1 item" : `${value.length} items`;
  if (isJsonMap(value)) {
    const keys = Object.keys(value);
    const shown = keys.slice(0, 3).join(", ");
    return keys.length === 0 ? "{}" : `{ ${shown}${keys.length > 3 ? ", …" : ""} }`;
  }
  const text = JSON.stringify(value);
  return text.length > 32 ? `${text.slice(0, 31)}…` : text;
}

function kindOf(value: Json): ValueKind {
  if (isJsonList(value)) return "list";
  if (isJsonMap(value)) return "map";
  if (typeof value === "string") return "text";
  return typeof value === "number" ? "number" : "word";
}
