// From the JSON Schema of a flow's parameters to fields, and from what was typed to values. What fits the schema
// is the engine's to say; here is only what a field needs to be shown and to be read.

import { jsonMistake } from "../parts/jsonMistake";

export type FieldKind = "text" | "number" | "integer" | "switch" | "choice" | "list" | "json";

export interface Field {
  name: string;
  kind: FieldKind;
  required: boolean;
  /** in words, beside the name */
  about: string;
  description: string | null;
  hasDefault: boolean;
  default: unknown;
  /** of a choice */
  choices: unknown[];
  /** `date`, `date-time`, `time`, `email`, `uri`, `password`, … */
  format: string | null;
}

type Schema = Record<string, unknown>;

function isObject(value: unknown): value is Schema {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

export function fieldsOf(schema: unknown): Field[] {
  if (!isObject(schema) || !isObject(schema.properties)) return [];
  const required = Array.isArray(schema.required) ? schema.required : [];
  return Object.entries(schema.properties).map(([name, one]) => {
    const own = isObject(one) ? one : {};
    return {
      name,
      kind: kindOf(own),
      required: required.includes(name) && !("default" in own),
      about: about(own),
      description: typeof own.description === "string" ? own.description : null,
      hasDefault: "default" in own,
      default: own.default,
      choices: Array.isArray(own.enum) ? own.enum : [],
      format: typeof own.format === "string" ? own.format : null,
    };
  });
}

function kindOf(schema: Schema): FieldKind {
  if (Array.isArray(schema.enum)) return "choice";
  switch (schema.type) {
    case "string":
      return "text";
    case "number":
      return "number";
    case "integer":
      return "integer";
    case "boolean":
      return "switch";
    case "array":
      return isObject(schema.items) && schema.items.type === "string" ? "list" : "json";
    default:
      return "json";
  }
}

function about(schema: Schema): string {
  const parts: string[] = [];
  if (Array.isArray(schema.enum)) parts.push(`one of ${schema.enum.length}`);
  else if (schema.type === "array")
    parts.push(isObject(schema.items) && schema.items.type === "string" ? "list of text" : "list, as JSON");
  else if (typeof schema.type === "string")
    parts.push(
      { string: "text", integer: "whole number", boolean: "yes or no", object: "object, as JSON" }[
        schema.type
      ] ?? schema.type,
    );
  else parts.push("JSON");
  if (typeof schema.format === "string") parts.push(schema.format);
  if (typeof schema.minimum === "number") parts.push(`at least ${schema.minimum}`);
  if (typeof schema.maximum === "number") parts.push(`at most ${schema.maximum}`);
  if (typeof schema.exclusiveMinimum === "number") parts.push(`more than ${schema.exclusiveMinimum}`);
  if (typeof schema.exclusiveMaximum === "number") parts.push(`less than ${schema.exclusiveMaximum}`);
  if (typeof schema.minLength === "number") parts.push(`${schema.minLength} characters or more`);
  if (typeof schema.maxLength === "number") parts.push(`at most ${schema.maxLength} characters`);
  if (typeof schema.pattern === "string") parts.push(`like ${schema.pattern}`);
  return parts.join(", ");
}

/** What stands in a field for a value. */
export function asText(field: Field, value: unknown): string {
  if (value === undefined) return "";
  if (field.kind === "list" && Array.isArray(value)) return value.join("\n");
  if (field.kind === "json") return JSON.stringify(value, null, 2);
  if (field.kind === "choice") return JSON.stringify(value);
  return String(value);
}

export type Read = { ok: true; value: unknown } | { ok: true; left: true } | { ok: false; problem: string };

/** The value of what was typed. Empty means left out, so that the default holds. */
export function readText(field: Field, text: string): Read {
  if (text === "" && (field.kind !== "text" || field.required || !field.hasDefault || field.default !== ""))
    return field.required ? { ok: false, problem: "is needed; it has no default" } : { ok: true, left: true };
  switch (field.kind) {
    case "number":
    case "integer": {
      const value = Number(text);
      if (text.trim() === "" || !Number.isFinite(value)) return { ok: false, problem: "is not a number" };
      return field.kind === "integer" && !Number.isInteger(value)
        ? { ok: false, problem: "is not a whole number" }
        : { ok: true, value };
    }
    case "switch":
      return { ok: true, value: text === "true" };
    case "list":
      return { ok: true, value: text.split("\n").filter((line) => line !== "") };
    case "choice":
    case "json":
      try {
        return { ok: true, value: JSON.parse(text) };
      } catch (error) {
        return { ok: false, problem: jsonMistake(text, error) };
      }
    case "text":
      return { ok: true, value: text };
  }
}

export interface Values {
  values: Record<string, unknown>;
  problems: Record<string, string>;
}

/** All fields read; only what differs from its default is sent. */
export function readForm(fields: readonly Field[], texts: Readonly<Record<string, string>>): Values {
  const values: Record<string, unknown> = {};
  const problems: Record<string, string> = {};
  for (const field of fields) {
    const read = readText(field, texts[field.name] ?? "");
    if (!read.ok) problems[field.name] = read.problem;
    else if ("value" in read && !(field.hasDefault && same(read.value, field.default)))
      values[field.name] = read.value;
  }
  return { values, problems };
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** The same run, started from a terminal. */
export function commandLine(flow: string, values: Readonly<Record<string, unknown>>): string {
  const parts = ["tidemill", "run", quoted(flow)];
  for (const [name, value] of Object.entries(values)) {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    parts.push("-p", quoted(`${name}=${text}`));
  }
  return parts.join(" ");
}

/** A word as a POSIX shell takes it. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** Which field a message of the engine is about: the one it names first. */
export function fieldOf(message: string, fields: readonly Field[]): string | null {
  let found: { name: string; at: number } | null = null;
  for (const { name } of fields) {
    const at = message.search(new RegExp(`(^|[^\\w])${name}($|[^\\w])`));
    if (at >= 0 && (found === null || at < found.at)) found = { name, at };
  }
  return found?.name ?? null;
}
