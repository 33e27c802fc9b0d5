// From the flow file's JSON Schema to forms: which field a value is edited in, what it is called, what helps.
// The forms of kinds, options and of the flow itself all come from here, so that a new kind needs no line.

import { type Builtins, builtinsOf } from "./builtins";
import {
  type Alternative,
  alternatives,
  conditions,
  defaultOf,
  exclusions,
  fixings,
  isSchema,
  namesAt,
  numberAt,
  type OneOf,
  type Schema,
  schemaAt,
  seenBy,
  textAt,
} from "./schema";

/** What a value is edited with. */
export type Control =
  /** text; `lines`: of several lines */
  | {
      readonly is: "text";
      readonly expressions: boolean;
      readonly lines: boolean;
      readonly like: Pattern | null;
    }
  /** text that runs as it stands */
  | { readonly is: "code"; readonly language: string; readonly sees: readonly string[] }
  /** true, false, or an expression for one */
  | { readonly is: "condition" }
  /** text, number or boolean; what looks like a number is one */
  | { readonly is: "scalar"; readonly expressions: boolean; readonly nullable: boolean }
  | { readonly is: "duration"; readonly expressions: boolean; readonly like: Pattern | null }
  | {
      readonly is: "number";
      readonly whole: boolean;
      readonly least: number | null;
      readonly most: number | null;
    }
  /** `off`: what is written where it is switched off; `null`: nothing */
  | { readonly is: "switch"; readonly off: false | null }
  | { readonly is: "choice"; readonly choices: readonly string[] }
  | { readonly is: "several"; readonly choices: readonly string[] }
  | { readonly is: "list"; readonly item: Field }
  | { readonly is: "map"; readonly item: Field }
  | Nested
  /** edges to other tasks */
  | { readonly is: "needs"; readonly outcomes: readonly string[] }
  /** the tasks of a group: edited as tasks are */
  | { readonly is: "tasks" }
  /** any value, as YAML; `data`: nothing in it is an expression */
  | { readonly is: "any"; readonly expressions: boolean };

/** What a text must be like. */
export interface Pattern {
  readonly source: string;
  /** in words */
  readonly said: string;
}

/** Keys with fields of their own. */
export interface Nested {
  readonly is: "record";
  readonly record: () => Form;
  /** what may stand there in place of a map */
  readonly short: Short | null;
}

export interface Short {
  /** the key of the map that it stands for; `null`: it switches the map's keys on and off */
  readonly key: string | null;
  readonly control: Control;
}

export interface Field {
  readonly name: string;
  readonly title: string;
  readonly help: string;
  readonly control: Control;
  readonly required: boolean;
  /** what holds where nothing is set */
  readonly fallback: string | null;
}

export interface Form {
  readonly fields: readonly Field[];
  readonly oneOf: readonly OneOf[];
  /** keys that mean something only where one of others is set */
  readonly needs: ReadonlyMap<string, readonly string[]>;
  /** keys that mean nothing where one of others is set */
  readonly idle: ReadonlyMap<string, readonly string[]>;
}

/** Which of a field's keys says most of what it is; of a field without keys its own name. */
export function mainKey({ name, control }: Field): string {
  if (control.is !== "record") return name;
  const { fields } = control.record();
  const isCode = (field: Field) => field.control.is === "code";
  const main = fields.find(isCode) ?? fields.find(({ required }) => required) ?? fields[0];
  return control.short?.key ?? main?.name ?? name;
}

/** A control that half a line is enough for. */
export function isNarrow(control: Control): boolean {
  if (control.is === "record") return control.short !== null && isNarrow(control.short.control);
  return (
    control.is === "number" || control.is === "choice" || (control.is === "duration" && !control.expressions)
  );
}

/** Whether braces in a value that is edited so are an expression. */
export function isEvaluated(control: Control): boolean {
  return control.is === "condition" || ("expressions" in control && control.expressions);
}

/** All forms of the format. */
export class Forms {
  private readonly root: Schema;
  private readonly task: Schema;
  readonly kinds: readonly string[];
  /** what its expressions may use */
  readonly builtins: Builtins;

  constructor(root: unknown) {
    this.root = isSchema(root) ? root : {};
    this.task = schemaAt(schemaAt(this.root, "$defs"), "task");
    this.builtins = builtinsOf(this.root);
    this.kinds = exclusions(this.task).find((one) => one.required)?.names ?? [];
  }

  /** The field of a kind's value; it has the name of the kind. */
  kind(name: string): Field | null {
    return this.form(this.task, name).fields.find((field) => field.name === name) ?? null;
  }

  /** The options of tasks. */
  options(): Form {
    const form = this.form(this.task, null);
    const isOption = (name: string) => !this.kinds.includes(name);
    return {
      ...form,
      fields: form.fields.filter(({ name }) => isOption(name)),
      oneOf: form.oneOf.filter(({ names }) => names.every(isOption)),
    };
  }

  /** The flow's own keys, without its tasks. */
  flow(): Form {
    const form = this.form(this.root, null);
    return { ...form, fields: form.fields.filter(({ control }) => control.is !== "tasks") };
  }

  /** Whether a task of the kind has the option of the flow's `defaults` where it says nothing itself. */
  isInherited(option: string, kind: string | null): boolean {
    const defaults = schemaAt(schemaAt(this.root, "$defs"), "defaults");
    if (!Object.hasOwn(schemaAt(defaults, "properties"), option)) return false;
    const reach = reachOf(textAt(defaults, "description") ?? "").get(option);
    return reach === undefined || (kind !== null && reach.includes(kind));
  }

  /** `within`: the kind whose keys these are. */
  private form(schema: Schema, within: string | null): Form {
    const required = namesAt(schema, "required");
    const fields = Object.entries(schemaAt(schema, "properties")).flatMap(([name, one]) =>
      isSchema(one) ? [this.field(name, one, required.includes(name), within)] : [],
    );
    return { fields, oneOf: exclusions(schema), needs: conditions(schema), idle: fixings(schema) };
  }

  private field(name: string, schema: Schema, required: boolean, within: string | null): Field {
    const help = textAt(schema, "description") ?? this.helpOf(schema);
    return {
      name,
      title: titleOf(name),
      help,
      control: this.control(schema, { within: within ?? name, name, help }),
      required,
      fallback: defaultOf(schema),
    };
  }

  private helpOf(schema: Schema): string {
    const found = alternatives(this.root, schema).find((one) => textAt(one.schema, "description") !== null);
    return found ? (textAt(found.schema, "description") ?? "") : "";
  }

  private control(schema: Schema, place: Place): Control {
    const found = alternatives(this.root, schema);
    const long = found.find(({ schema: one }) => isSchema(one.properties));
    const others = found.filter((one) => one !== long);
    if (found.some((one) => one.definition === "value")) return { is: "any", expressions: true };
    if (long) return this.nested(long, others, place);
    if (found.length === 1 && found[0]) return this.single(found[0], place);
    return this.mixed(found, place);
  }

  private nested(long: Alternative, others: readonly Alternative[], place: Place): Control {
    const record = once(() => this.form(long.schema, place.within));
    if (others.length === 0) return { is: "record", record, short: null };
    const [required] = namesAt(long.schema, "required");
    const key = required ?? exclusions(long.schema).find((one) => one.required)?.names[0] ?? null;
    const control =
      others.length === 1 && others[0] ? this.single(others[0], place) : this.mixed(others, place);
    return { is: "record", record, short: { key, control } };
  }

  /** A value of one type. */
  private single({ schema, definition }: Alternative, place: Place): Control {
    if (definition === "duration") return { is: "duration", expressions: false, like: patternOf(schema) };
    if (definition === "template") return { is: "text", expressions: true, lines: false, like: null };
    if (definition === "tasks") return { is: "tasks" };
    if ("const" in schema) return { is: "switch", off: null };
    const choices = namesAt(schema, "enum");
    if (choices.length > 0) return { is: "choice", choices };
    switch (schema.type) {
      case "boolean":
        return { is: "switch", off: false };
      case "integer":
      case "number":
        return {
          is: "number",
          whole: schema.type === "integer",
          least: numberAt(schema, "minimum"),
          most: mostOf(schema),
        };
      case "string":
        return this.text(schema, definition, place);
      case "array":
        return this.list(schema, place);
      case "object":
        return this.map(schema);
      default:
        return { is: "any", expressions: false };
    }
  }

  private text(schema: Schema, definition: string | null, place: Place): Control {
    const isFree = !("pattern" in schema) && !("maxLength" in schema) && definition === null;
    if (isFree) return { is: "code", language: place.within, sees: this.seen(place) };
    if (takesExpressions(schema)) return { is: "text", expressions: true, lines: false, like: null };
    return { is: "text", expressions: false, lines: /markdown/i.test(place.help), like: patternOf(schema) };
  }

  private seen({ within }: Place): readonly string[] {
    return seenBy(schemaAt(schemaAt(this.task, "properties"), within));
  }

  private list(schema: Schema, place: Place): Control {
    const items = schemaAt(schema, "items");
    const choices = alternatives(this.root, items).flatMap((one) => namesAt(one.schema, "enum"));
    if (choices.length > 0) return { is: "several", choices };
    return { is: "list", item: this.field(place.name, items, false, place.within) };
  }

  private map(schema: Schema): Control {
    const { additionalProperties } = schema;
    if (!isSchema(additionalProperties)) return { is: "any", expressions: false };
    return { is: "map", item: this.field("", additionalProperties, false, "") };
  }

  /** A value of several types without a long form. */
  private mixed(found: readonly Alternative[], place: Place): Control {
    const outcomes = found.flatMap(({ schema }) =>
      alternatives(this.root, schemaAt(schema, "additionalProperties")).flatMap((one) =>
        namesAt(one.schema, "enum"),
      ),
    );
    const types = new Set(found.flatMap(({ schema }) => typesOf(schema)));
    if (outcomes.length > 0 && types.has("array")) return { is: "needs", outcomes };
    const expressions = found.some(
      ({ schema, definition }) => definition === "template" || takesExpressions(schema),
    );
    if (types.has("array") || types.has("object")) return { is: "any", expressions };
    if (types.has("boolean") && types.size === 2 && expressions && !types.has("number") && isWhole(found))
      return { is: "condition" };
    const duration = found.find((one) => one.definition === "duration");
    if (duration) return { is: "duration", expressions, like: patternOf(duration.schema) };
    const [first] = types;
    if (types.size === 1 && first === "string")
      return { is: "text", expressions, lines: /markdown/i.test(place.help), like: null };
    return { is: "scalar", expressions, nullable: types.has("null") };
  }
}

/** "`a` and `b` reach only x and y": which kinds an option reaches, where that is said. */
function reachOf(description: string): Map<string, readonly string[]> {
  const said = /((?:`\w+`(?:, | and )?)+) reach only ([\w, ]+)/.exec(description);
  const kinds = said?.[2]?.split(/, | and /) ?? [];
  return new Map([...(said?.[1] ?? "").matchAll(/`(\w+)`/g)].map((match) => [match[1] ?? "", kinds]));
}

interface Place {
  /** the kind, or the key of the flow, that it stands in */
  readonly within: string;
  readonly name: string;
  readonly help: string;
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function typesOf(schema: Schema): readonly string[] {
  return typeof schema.type === "string" ? [schema.type] : namesAt(schema, "type");
}

/** A bound that only says how the number is kept is none that a person asks for. */
function mostOf(schema: Schema): number | null {
  const most = numberAt(schema, "maximum");
  return most !== null && most < 2 ** 31 ? most : null;
}

function takesExpressions(schema: Schema): boolean {
  return textAt(schema, "pattern")?.includes("\\{\\{") ?? false;
}

function patternOf(schema: Schema): Pattern | null {
  const source = textAt(schema, "pattern");
  const said = textAt(schema, "description");
  return source === null || said === null ? null : { source, said };
}

/** Whether the text must be one expression as a whole. */
function isWhole(found: readonly Alternative[]): boolean {
  return found.some(({ schema }) => textAt(schema, "pattern")?.startsWith("^\\s*\\{\\{") ?? false);
}

/** `max_delay` as a person says it: `Max delay`. */
export function titleOf(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Which fields of a form are shown, where these keys are set. */
export function shownFields(form: Form, isSet: (name: string) => boolean): readonly Field[] {
  return form.fields.filter(({ name }) => {
    if (isSet(name)) return true;
    const beside = form.needs.get(name);
    if (beside && !beside.some(isSet)) return false;
    return !form.idle.get(name)?.some(isSet);
  });
}
