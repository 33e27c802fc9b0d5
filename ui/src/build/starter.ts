// What a task of a kind begins with: the shortest form that the schema allows, to be filled in.

import type { Json, JsonMap } from "../edit/json";
import type { Language, Schema } from "../edit/language";

/** A kind of task in the schema's own words. */
export interface Kind {
  readonly name: string;
  readonly help: string;
}

export function kindsOf(schema: Schema, language: Language): readonly Kind[] {
  const properties = map(map(map(schema.$defs).task).properties);
  return [...language.kinds].map((name) => {
    const { description } = map(properties[name]);
    return { name, help: typeof description === "string" ? description : "" };
  });
}

export function starterFor(schema: Schema, kind: string): JsonMap {
  const properties = map(map(map(schema.$defs).task).properties);
  return { [kind]: emptyOf(map(properties[kind]), schema, 0) };
}

/** Deeper than required keys ever are in each other. */
const DEEPEST = 8;

function emptyOf(given: Schema, root: Schema, depth: number): Json {
  const schema = resolved(given, root);
  if (depth > DEEPEST) return null;
  if (Array.isArray(schema.enum)) return (schema.enum[0] ?? null) as Json;
  if ("const" in schema) return schema.const as Json;
  const either = list(schema.anyOf);
  const first = either[0];
  if (first) return emptyOf(first, root, depth + 1);
  const types = Array.isArray(schema.type) ? schema.type : [schema.type];
  if (types.includes("object")) return emptyMap(schema, root, depth);
  if (types.includes("string") || typeof schema.pattern === "string") return "";
  if (types.includes("array")) return [];
  if (types.includes("boolean")) return false;
  if (types.includes("integer") || types.includes("number")) return Number(schema.minimum ?? 0);
  return null;
}

/** The keys that must be there, and of those of which one must be, the first. */
function emptyMap(schema: Schema, root: Schema, depth: number): Json {
  const together = list(schema.allOf);
  const choices = [schema, ...together].flatMap((one) => list(one.oneOf).slice(0, 1));
  const names = [schema, ...choices].flatMap((one) => (Array.isArray(one.required) ? one.required : []));
  const properties = map(schema.properties);
  const entries = names.filter((name) => typeof name === "string");
  return Object.fromEntries(entries.map((name) => [name, emptyOf(map(properties[name]), root, depth + 1)]));
}

function resolved(schema: Schema, root: Schema): Schema {
  const { $ref } = schema;
  if (typeof $ref !== "string" || !$ref.startsWith("#/$defs/")) return schema;
  return map(map(root.$defs)[$ref.slice("#/$defs/".length)]);
}

function map(value: unknown): Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Schema) : {};
}

function list(value: unknown): Schema[] {
  return Array.isArray(value) ? value.map(map) : [];
}
