// Reading the flow file's JSON Schema: references followed, alternatives laid side by side, what must stand
// together or apart. Nothing here knows a key of the format.

export interface Schema {
  readonly [key: string]: unknown;
}

export function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function schemaAt(schema: Schema, key: string): Schema {
  const found = schema[key];
  return isSchema(found) ? found : {};
}

export function textAt(schema: Schema, key: string): string | null {
  const found = schema[key];
  return typeof found === "string" ? found : null;
}

export function numberAt(schema: Schema, key: string): number | null {
  const found = schema[key];
  return typeof found === "number" ? found : null;
}

export function listAt(schema: Schema, key: string): readonly unknown[] {
  const found = schema[key];
  return Array.isArray(found) ? found : [];
}

export function schemasAt(schema: Schema, key: string): readonly Schema[] {
  return listAt(schema, key).filter(isSchema);
}

export function namesAt(schema: Schema, key: string): readonly string[] {
  return listAt(schema, key).filter((name) => typeof name === "string");
}

/** A schema that a value may follow, with the name of its definition. */
export interface Alternative {
  readonly schema: Schema;
  readonly definition: string | null;
}

const DEFINITIONS = "#/$defs/";

/** The schemas that a value may follow, references and alternatives resolved. */
export function alternatives(root: Schema, schema: Schema, definition: string | null = null): Alternative[] {
  const reference = textAt(schema, "$ref");
  if (reference?.startsWith(DEFINITIONS)) {
    const name = reference.slice(DEFINITIONS.length);
    const target = schemaAt(root, "$defs")[name];
    return isSchema(target) ? alternatives(root, target, name) : [{ schema: {}, definition: name }];
  }
  const either = schemasAt(schema, "anyOf");
  // `anyOf` beside other words only says more about the one value.
  const isChoice = either.length > 0 && !("type" in schema) && !("properties" in schema);
  return isChoice ? either.flatMap((one) => alternatives(root, one, definition)) : [{ schema, definition }];
}

/** Keys of which only one may stand. */
export interface OneOf {
  readonly names: readonly string[];
  /** one of them must stand */
  readonly required: boolean;
}

/** Which keys of an object exclude each other. */
export function exclusions(schema: Schema): OneOf[] {
  const parts = [schema, ...schemasAt(schema, "allOf")];
  const one = parts
    .map((part) => schemasAt(part, "oneOf").flatMap((choice) => namesAt(choice, "required")))
    .filter((names) => names.length > 1)
    .map((names) => ({ names, required: true }));
  const apart = parts.map((part) => schemaAt(part, "not")).flatMap(pairs);
  return [...one, ...together(apart).map((names) => ({ names, required: false }))];
}

function pairs(not: Schema): (readonly string[])[] {
  return [not, ...schemasAt(not, "anyOf")]
    .map((one) => namesAt(one, "required"))
    .filter((names) => names.length === 2);
}

/** Pairs that share a name become one group. */
function together(found: readonly (readonly string[])[]): string[][] {
  const groups: string[][] = [];
  for (const pair of found) {
    const group = groups.find((one) => pair.some((name) => one.includes(name)));
    if (!group) groups.push([...pair]);
    else group.push(...pair.filter((name) => !group.includes(name)));
  }
  return groups;
}

/** Which keys mean something only beside one of others. */
export function conditions(schema: Schema): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const part of schemasAt(schema, "allOf")) {
    const wanted = asked(schemaAt(part, "then"));
    if (wanted.length === 0) continue;
    for (const name of asked(schemaAt(part, "if"))) found.set(name, wanted);
  }
  return found;
}

/** Keys that are fixed, and so say nothing, beside one of others. */
export function fixings(schema: Schema): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const part of schemasAt(schema, "allOf")) {
    const beside = asked(schemaAt(part, "if"));
    for (const [name, one] of Object.entries(schemaAt(schemaAt(part, "then"), "properties"))) {
      if (isSchema(one) && "const" in one) found.set(name, [...(found.get(name) ?? []), ...beside]);
    }
  }
  return found;
}

function asked(schema: Schema): string[] {
  return [schema, ...schemasAt(schema, "anyOf")].flatMap((one) => namesAt(one, "required"));
}

/** What holds where nothing is set: the schema's own default, else what its description says of it. */
export function defaultOf(schema: Schema): string | null {
  if ("default" in schema) return JSON.stringify(schema.default);
  const said = /\bby default (?:the )?([^.,;:)]+)/.exec(textAt(schema, "description") ?? "")?.[1];
  return said === undefined ? null : said.replaceAll("`", "").trim();
}

/** The names that a description says code sees. */
export function seenBy(schema: Schema): readonly string[] {
  const said = /\bsees ((?:`\w+`(?:, | and )?)+)/.exec(textAt(schema, "description") ?? "")?.[1] ?? "";
  return [...said.matchAll(/`(\w+)`/g)].map((match) => match[1] ?? "");
}
