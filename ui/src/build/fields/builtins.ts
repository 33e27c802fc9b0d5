// The functions, filters and tests that an expression may use, as the engine lists them beside the schema.

import { isSchema, type Schema, textAt } from "./schema";

export interface Builtin {
  readonly name: string;
  readonly help: string;
  /** an expression with it, and what that gives */
  readonly example: string;
  readonly gives: string;
}

export interface Builtins {
  readonly functions: readonly Builtin[];
  readonly filters: readonly Builtin[];
  readonly tests: readonly Builtin[];
}

export function builtinsOf(schema: Schema): Builtins {
  const listed = schema["x-expressions"];
  const of = (table: string) => (isSchema(listed) ? tableOf(listed[table]) : []);
  return { functions: of("functions"), filters: of("filters"), tests: of("tests") };
}

function tableOf(table: unknown): readonly Builtin[] {
  if (!Array.isArray(table)) return [];
  return table.filter(isSchema).map((one) => ({
    name: textAt(one, "name") ?? "",
    help: textAt(one, "help") ?? "",
    example: textAt(one, "example") ?? "",
    gives: textAt(one, "gives") ?? "",
  }));
}
