import { expect, test } from "vitest";
import { asText, commandLine, type Field, fieldOf, fieldsOf, quoted, readForm, readText } from "./schemaForm";

const SCHEMA = {
  type: "object",
  required: ["day", "cities"],
  properties: {
    cities: { type: "array", items: { type: "string" }, default: ["Berlin"] },
    threshold: { type: "number", minimum: 0, default: 20 },
    n: { type: "integer", maximum: 10, default: 3 },
    units: { enum: ["celsius", 2, null], default: "celsius" },
    full: { type: "boolean", default: false },
    day: { type: "string", format: "date" },
    note: { type: "string", default: "" },
    options: { type: "object", default: { a: 1 } },
    any: {},
  },
};

const fields = fieldsOf(SCHEMA);
const field = (name: string): Field => {
  const found = fields.find((one) => one.name === name);
  if (!found) throw new Error(name);
  return found;
};
const defaults = () => Object.fromEntries(fields.map((one) => [one.name, asText(one, one.default)]));

test("each schema has its kind of field", () => {
  expect(Object.fromEntries(fields.map((one) => [one.name, one.kind]))).toEqual({
    cities: "list",
    threshold: "number",
    n: "integer",
    units: "choice",
    full: "switch",
    day: "text",
    note: "text",
    options: "json",
    any: "json",
  });
  expect(field("threshold").about).toBe("number, at least 0");
  expect(field("day").about).toBe("text, date");
});

test("with a default nothing is needed, whatever the schema's list says", () => {
  expect(fields.filter((one) => one.required).map((one) => one.name)).toEqual(["day"]);
});

test("what stands at its default is not sent", () => {
  expect(readForm(fields, { ...defaults(), day: "2026-03-26" })).toEqual({
    values: { day: "2026-03-26" },
    problems: {},
  });
});

test("what was changed is sent with its type", () => {
  const texts = {
    ...defaults(),
    day: "2026-03-26",
    cities: "Oslo\n\nTromsø",
    threshold: "-4.5",
    n: "7",
    units: "null",
    full: "true",
    options: '{"b": [1]}',
    any: '"x"',
  };
  expect(readForm(fields, texts)).toEqual({
    values: {
      day: "2026-03-26",
      cities: ["Oslo", "Tromsø"],
      threshold: -4.5,
      n: 7,
      units: null,
      full: true,
      options: { b: [1] },
      any: "x",
    },
    problems: {},
  });
});

test("what cannot be read is said at its field", () => {
  const { problems } = readForm(fields, {
    ...defaults(),
    threshold: "warm",
    n: "1.5",
    options: "{",
    day: "",
  });
  expect(problems).toMatchObject({
    threshold: "is not a number",
    n: "is not a whole number",
    day: "is needed; it has no default",
  });
  expect(problems.options).toMatch(/^is not JSON/);
});

test("an empty text can be sent where its default is another", () => {
  expect(readText({ ...field("note"), default: "x" }, "")).toEqual({ ok: true, left: true });
  expect(readText(field("note"), "")).toEqual({ ok: true, value: "" });
});

test("the command line is what a shell takes", () => {
  expect(commandLine("city-weather", { threshold: -4, cities: ["Reykjavík"], who: "it's me" })).toBe(
    `tidemill run city-weather -p threshold=-4 -p 'cities=["Reykjavík"]' -p 'who=it'\\''s me'`,
  );
  expect(quoted("$HOME")).toBe("'$HOME'");
});

test("a refusal is shown at the field that it names first", () => {
  expect(fieldOf("parameter `threshold`: -4 is less than 0", fields)).toBe("threshold");
  expect(fieldOf("n must be an integer; day too", fields)).toBe("n");
  expect(fieldOf("nothing of the kind", fields)).toBe(null);
});

test("no schema, no fields", () => {
  expect(fieldsOf(null)).toEqual([]);
  expect(fieldsOf({ type: "object" })).toEqual([]);
});
