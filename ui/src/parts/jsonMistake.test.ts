import { expect, it } from "vitest";
import { jsonMistake } from "./jsonMistake";

const mistake = (text: string): string => {
  try {
    JSON.parse(text);
    return "none";
  } catch (error) {
    return jsonMistake(text, error);
  }
};

it("says where a text is not JSON, why, and how it is written", () => {
  const mend = 'Names and text stand in double quotes, as in `{"name": "text"}`';
  expect(mistake("{\n  a: 1 }")).toMatch(/^is not JSON, line 2: expected property name or '}'\. /);
  expect(mistake("{ a: 1 }")).toContain(mend);
  expect(mistake("[1,\n2")).toMatch(/^is not JSON, line 2: /);
  expect(mistake("")).toBe(`is not JSON, line 1: it ends too early. ${mend}`);
  expect(mistake("abc")).toMatch(/^is not JSON(, line 1)?: unexpected token 'a'\. /);
});
