import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import type { Diagnostic, Graph } from "../api/types";
import { FlowDocument } from "../edit/document";
import { readLanguage } from "../edit/language";
import { brokenAt } from "./broken";

const language = readLanguage(JSON.parse(readFileSync("../docs/flow.schema.json", "utf8")));
const WHOLE = "name: a\ntasks:\n  one: { value: 1 }\n";
const BROKEN = "name: a\ntasks:\n  one: { value: 1\n";
const drawn: Graph = { flow: "a", version: "1", nodes: [], edges: [], problems: [] };
const problem = (line: number, message: string, severity: Diagnostic["severity"] = "error") =>
  ({ line, column: 3, message, severity, hint: null }) as unknown as Diagnostic;

function broken(text: string, of: string | null, graph: Graph | null, problems: Diagnostic[] = []) {
  const report = of === null ? null : { problems, graph };
  return brokenAt({ document: new FlowDocument(text, language), report, reported: of, unchecked: false });
}

it("says of a text that cannot be read what the engine says of it, where it says so", () => {
  const said = [problem(1, "an old name", "warning"), problem(4, "the brace is not closed")];
  expect(broken(BROKEN, BROKEN, null, said)).toEqual({
    line: 4,
    column: 3,
    message: "the brace is not closed",
  });
});

it("knows the line before the engine has looked, but has no words of its own for it", () => {
  expect(broken(BROKEN, WHOLE, drawn)).toMatchObject({ message: "this is not YAML" });
  expect(broken(BROKEN, null, null)?.line).toBeGreaterThanOrEqual(3);
});

it("keeps the engine's words while somebody types on in such a text", () => {
  const said = [problem(4, "the brace is not closed")];
  expect(broken(`${BROKEN}x`, BROKEN, null, said)?.message).toBe("the brace is not closed");
  expect(broken(WHOLE, BROKEN, null, said)).toBeNull();
});

it("says itself what is wrong where the engine cannot be asked, or finds nothing", () => {
  const document = new FlowDocument(BROKEN, language);
  const asked = { report: { problems: [problem(4, "old")], graph: null }, reported: "", unchecked: true };
  const own = document.failure?.message;
  expect(own).toBeTruthy();
  expect(brokenAt({ document, ...asked })?.message).toBe(own);
  expect(broken(BROKEN, BROKEN, drawn)?.message).toBe(own);
});

it("says why a text that can be read cannot be drawn", () => {
  expect(broken(WHOLE, WHOLE, null, [problem(1, "no task is left")])?.line).toBe(1);
  expect(broken(WHOLE, WHOLE, drawn)).toBeNull();
});
