import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { readLanguage, type Schema } from "../edit/language";
import { kindsOf, starterFor } from "./starter";

const schema: Schema = JSON.parse(readFileSync("../docs/flow.schema.json", "utf8"));

it("offers every kind in the schema's own words", () => {
  const kinds = kindsOf(schema, readLanguage(schema));
  expect(kinds.map(({ name }) => name)).toContain("approve");
  expect(kinds.every(({ help }) => help !== "")).toBe(true);
});

it("begins a task with the least that the schema asks for", () => {
  const starters = ["shell", "sql", "tasks", "value", "flow"].map((kind) => starterFor(schema, kind));
  expect(starters).toEqual([
    { shell: "" },
    { sql: { database: "", query: "" } },
    { tasks: {} },
    { value: null },
    { flow: "" },
  ]);
});
