// What the editor knows of the flow format, read from the JSON Schema that the engine ships: which texts take
// expressions, which keys are kinds, and what a short form stands for. So a new kind of task needs nothing here.

export interface Schema {
  readonly [key: string]: unknown;
}

/** What may stand at a place of the file. */
export interface Shape {
  /** whether `{{ … }}` in a text here is an expression */
  readonly expressions: boolean;
  /** the key of the long form that a value in short form stands for; `null`: there is none */
  readonly long: LongForm | null;
  property(name: string): Shape;
  readonly item: Shape;
}

export interface LongForm {
  /** the key that takes the short form's value; `null`: it only switches the long form on */
  readonly key: string | null;
  /** whether the long form is a JSON Schema, which has the type that the short form gave */
  readonly typed: boolean;
}

export interface Language {
  readonly root: Shape;
  readonly task: Shape;
  readonly kinds: ReadonlySet<string>;
  readonly options: ReadonlySet<string>;
}

export function readLanguage(schema: Schema): Language {
  const shapes = new Shapes(schema);
  const task = shapes.definition("task");
  const kinds = new Set(choices(task.oneOf));
  const names = Object.keys(objectAt(task, "properties"));
  return {
    root: shapes.of([schema]),
    task: shapes.of([task]),
    kinds,
    options: new Set(names.filter((name) => !kinds.has(name))),
  };
}

class Shapes {
  private readonly definitions: Schema;
  private readonly known = new Map<unknown, Shape>();
  readonly nothing: Shape;
  private readonly anything: Shape;

  constructor(schema: Schema) {
    this.definitions = objectAt(schema, "$defs");
    this.nothing = fixed(false);
    this.anything = fixed(true);
  }

  definition(name: string): Schema {
    return objectAt(this.definitions, name);
  }

  of(schemas: readonly Schema[]): Shape {
    const only = schemas.length === 1 ? schemas[0] : undefined;
    const known = only && this.known.get(only);
    if (known) return known;
    const shape = this.make(schemas.flatMap((schema) => this.alternatives(schema)));
    if (only) this.known.set(only, shape);
    return shape;
  }

  /** The schemas that a value may follow, references and alternatives resolved. */
  private alternatives(schema: Schema): Schema[] {
    const name = definitionOf(schema);
    if (name !== null && name in this.definitions) {
      const target = this.definition(name);
      return ENDS.has(name) ? [target] : this.alternatives(target);
    }
    const either = schema.anyOf;
    return Array.isArray(either)
      ? either.flatMap((one) => (isSchema(one) ? this.alternatives(one) : []))
      : [schema];
  }

  private make(alternatives: readonly Schema[]): Shape {
    const { value, template } = this.definitions;
    if (alternatives.includes(value as Schema)) return this.anything;
    const shapes = this;
    const properties = new Map<string, Shape>();
    let item: Shape | null = null;
    return {
      expressions: alternatives.some((one) => one === template || takesExpressions(one)),
      long: longForm(alternatives, this.definitions["json-schema"]),
      property(name) {
        let found = properties.get(name);
        if (!found) {
          found = shapes.inside(alternatives.map((one) => propertyOf(one, name)));
          properties.set(name, found);
        }
        return found;
      },
      get item() {
        item ??= shapes.inside(alternatives.map((one) => one.items));
        return item;
      },
    };
  }

  private inside(found: readonly unknown[]): Shape {
    const schemas = found.filter(isSchema);
    return schemas.length === 0 ? this.nothing : this.of(schemas);
  }
}

/** Definitions that are told apart by what they are. */
const ENDS = new Set(["value", "template", "json-schema"]);

function fixed(expressions: boolean): Shape {
  const shape: Shape = {
    expressions,
    long: null,
    property: () => shape,
    get item() {
      return shape;
    },
  };
  return shape;
}

/** A text whose pattern asks for an expression. */
function takesExpressions(schema: Schema): boolean {
  return typeof schema.pattern === "string" && schema.pattern.includes("\\{\\{");
}

function propertyOf(schema: Schema, name: string): unknown {
  const properties = objectAt(schema, "properties");
  return Object.hasOwn(properties, name) ? properties[name] : schema.additionalProperties;
}

/** The short form stands for the key that the long form cannot be without. */
function longForm(alternatives: readonly Schema[], jsonSchema: unknown): LongForm | null {
  if (alternatives.length < 2) return null;
  const long = alternatives.find((one) => one === jsonSchema || isSchema(one.properties));
  if (!long) return null;
  if (long === jsonSchema) return { key: "default", typed: true };
  const required = Array.isArray(long.required) ? long.required : [];
  const together = Array.isArray(long.allOf) ? long.allOf.filter(isSchema) : [];
  const first: unknown = required[0] ?? together.flatMap((one) => choices(one.oneOf))[0];
  return { key: typeof first === "string" ? first : null, typed: false };
}

/** The names of which exactly one is required. */
function choices(alternatives: unknown): string[] {
  const list = Array.isArray(alternatives) ? alternatives.filter(isSchema) : [];
  return list
    .flatMap((one) => (Array.isArray(one.required) ? one.required : []))
    .filter((name) => typeof name === "string");
}

function definitionOf(schema: Schema): string | null {
  const prefix = "#/$defs/";
  return typeof schema.$ref === "string" && schema.$ref.startsWith(prefix)
    ? schema.$ref.slice(prefix.length)
    : null;
}

function objectAt(schema: Schema, key: string): Schema {
  const found = schema[key];
  return isSchema(found) ? found : {};
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
