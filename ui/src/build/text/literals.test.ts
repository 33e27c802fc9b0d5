import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { FlowDocument } from "../../edit/document";
import { readLanguage } from "../../edit/language";
import { literalTexts } from "./literals";

const language = readLanguage(JSON.parse(readFileSync("../docs/flow.schema.json", "utf8")));

const literal = (text: string): string[] => {
  const document = new FlowDocument(text, language);
  return literalTexts(document).map((range) => document.source(range));
};

describe("braces that are no expression", () => {
  it("stand in scripts, short and long, in groups too", () => {
    const text = `
name: a
tasks:
  short: { shell: "echo {{ item }}" }
  long: { shell: { script: "echo {{ item }}!" }, env: { A: "{{ item }}" } }
  code: { python: "x = {{ 1 }}" }
  group:
    tasks:
      inner: { shell: "echo {{ inner }}" }
`;
    expect(literal(text)).toEqual([
      '"echo {{ item }}"',
      '"echo {{ item }}!"',
      '"x = {{ 1 }}"',
      '"echo {{ inner }}"',
    ]);
  });

  it("stand nowhere where the format evaluates them", () => {
    expect(
      literal(
        'name: a\ntasks:\n  a: { value: "{{ 1 }}", when: "{{ true }}" }\n  b: { http: "{{ vars.a }}" }\n',
      ),
    ).toEqual([]);
  });
});
