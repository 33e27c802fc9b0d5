import { describe, expect, it } from "vitest";
import { completeKeys, completeText, sampleOf } from "./completions";

const names = {
  params: { year: 2026, region: "north" },
  tasks: {
    fetch: { state: "Completed", output: [{ id: 1, city: "Berlin", "a b": 0 }] },
    table: { state: "Completed", output: { rows: [1, 2], max: 24.1, dropped: 2 } },
  },
  item: null,
};

/** `^` is where the cursor stands. */
const complete = (marked: string) => {
  const at = marked.indexOf("^");
  const found = completeText(names, marked.replace("^", ""), at);
  return found && [marked.slice(found.from, at), ...found.options.map(({ label }) => label)];
};

describe("completion in a text", () => {
  it("offers what is in scope, inside of braces only", () => {
    expect(complete("{{ ^")).toEqual(["", "params", "tasks", "item"]);
    expect(complete("a {{ params.year }} {{ ta^ }}")).toEqual(["ta", "params", "tasks", "item"]);
    expect(complete("{{ 1 + p^")).toEqual(["p", "params", "tasks", "item"]);
    expect(complete("{{ not i^")).toEqual(["i", "params", "tasks", "item"]);
    expect(complete("ta^")).toBeNull();
    expect(complete("{{ a }} ta^")).toBeNull();
  });

  it("follows a chain into the outputs of the last run", () => {
    expect(complete("{{ tasks.^")).toEqual(["", "fetch", "table"]);
    expect(complete("{{ tasks.table.output.ma^ > 3 }}")).toEqual(["ma", "rows", "max", "dropped"]);
    expect(complete("{{ tasks.fetch.output[0].^ }}")).toEqual(["", "id", "city"]);
    expect(complete('{{ tasks["fetch"].output[0]["^')).toEqual(["", "id", "city", "a b"]);
    expect(complete("{{ tasks.table.output.rows.^ }}")).toBeNull();
    expect(complete("{{ tasks.nobody.^ }}")).toBeNull();
  });

  it("offers nothing in quotes and for filters", () => {
    expect(complete('{{ "par^')).toBeNull();
    expect(complete("{{ tasks.fetch.output|le^")).toBeNull();
    expect(complete("{{ tasks.fetch.output | le^")).toBeNull();
  });

  it("shows a sample of each value", () => {
    const options = completeText(names, "{{ tasks.table.output.", 22)?.options;
    expect(options).toEqual([
      { label: "rows", sample: "2 items", is: "list" },
      { label: "max", sample: "24.1", is: "number" },
      { label: "dropped", sample: "2", is: "number" },
    ]);
    expect(sampleOf("x".repeat(50))).toHaveLength(32);
    expect(sampleOf({ a: 1, b: 2, c: 3, d: 4 })).toBe("{ a, b, c, … }");
  });
});

it("completes keys in code", () => {
  const scope = { inputs: { fetch: [{ id: 1 }] }, params: names.params };
  const keys = (code: string) => completeKeys(scope, code, code.length)?.options.map(({ label }) => label);
  expect(keys('x = 1\nrows = inputs["')).toEqual(["fetch"]);
  expect(keys("rows = inputs['fetch'][0]['")).toEqual(["id"]);
  expect(keys('y = params["ye')).toEqual(["year", "region"]);
  expect(keys('other["')).toBeUndefined();
  expect(keys('inputs["fetch"]')).toBeUndefined();
});
