import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { builtinsOf } from "./builtins";
import { completeKeys, completeText, sampleOf } from "./completions";

const names = {
  params: { year: 2026, region: "north" },
  tasks: {
    fetch: { state: "Completed", output: [{ id: 1, city: "Berlin", "a b": 0 }] },
    table: { state: "Completed", output: { rows: [1, 2], max: 24.1, dropped: 2 } },
  },
  item: null,
};

const builtins = builtinsOf(JSON.parse(readFileSync("../docs/flow.schema.json", "utf8")));
const known = { names, builtins };
const FUNCTIONS = ["dict", "range"];

/** `^` is where the cursor stands. */
const complete = (marked: string) => {
  const at = marked.indexOf("^");
  const found = completeText(known, marked.replace("^", ""), at);
  return found && [marked.slice(found.from, at), ...found.options.map(({ label }) => label)];
};

describe("completion in a text", () => {
  it("offers what is in scope, inside of braces only", () => {
    expect(complete("{{ ^")).toEqual(["", "params", "tasks", "item", ...FUNCTIONS]);
    expect(complete("a {{ params.year }} {{ ta^ }}")).toEqual([
      "ta",
      "params",
      "tasks",
      "item",
      ...FUNCTIONS,
    ]);
    expect(complete("{{ 1 + p^")).toEqual(["p", "params", "tasks", "item", ...FUNCTIONS]);
    expect(complete("{{ not i^")).toEqual(["i", "params", "tasks", "item", ...FUNCTIONS]);
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

  it("offers nothing in quotes", () => {
    expect(complete('{{ "par^')).toBeNull();
    expect(complete('{{ "a | le^')).toBeNull();
    expect(complete('{{ "a is de^')).toBeNull();
  });

  it("offers the engine's filters behind a bar and its tests behind `is`", () => {
    const filters = ["abs", "attr", "batch"];
    for (const marked of ["{{ a |^", "{{ a | ^ }}", "{{ tasks.fetch.output|le^", "{{ a | sort | le^"]) {
      const found = complete(marked);
      expect(found?.slice(1, 4), marked).toEqual(filters);
      expect(found, marked).toContain("length");
      expect(found, marked).not.toContain("defined");
    }
    expect(complete("{{ a | le^")?.[0]).toBe("le");
    for (const marked of ["{{ a is ^", "{{ a.b is not de^ }}", "{{ x and y is de^"]) {
      expect(complete(marked), marked).toContain("defined");
      expect(complete(marked), marked).not.toContain("length");
    }
    // A name that only ends so is none.
    expect(complete("{{ this ^")).not.toContain("defined");
    expect(complete("{{ a.is ^")).not.toContain("defined");
    expect(complete("a | le^")).toBeNull();
  });

  it("says what each is for, with an example", () => {
    const found = completeText(known, "{{ a | sort", 11)?.options.find(({ label }) => label === "sort");
    expect(found?.sample).toMatch(/sorted/);
    expect(found?.builtin).toMatchObject({ example: "[3, 1, 2] | sort", gives: "[1,2,3]" });
    for (const table of [builtins.functions, builtins.filters, builtins.tests]) {
      expect(table.length).toBeGreaterThan(0);
      for (const one of table) expect(Object.values(one).every((text) => text !== "")).toBe(true);
    }
  });

  it("offers the names alone where an engine lists nothing", () => {
    const nothing = { names, builtins: builtinsOf({}) };
    expect(completeText(nothing, "{{ ", 3)?.options.map(({ label }) => label)).toEqual(Object.keys(names));
    expect(completeText(nothing, "{{ a | ", 7)).toBeNull();
  });

  it("shows a sample of each value", () => {
    const options = completeText(known, "{{ tasks.table.output.", 22)?.options;
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
