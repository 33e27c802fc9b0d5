import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { FlowDocument } from "../edit/document";
import { readLanguage } from "../edit/language";
import type { FlowEditor } from "./context";
import { cycleClosed } from "./cycle";

const language = readLanguage(JSON.parse(readFileSync("../docs/flow.schema.json", "utf8")));

const TEXT = `
name: a
tasks:
  load: { value: 1 }
  check: { needs: [load], value: 2 }
  report: { value: "{{ tasks.check.output }}" }
  group:
    tasks:
      one: { value: 1 }
      two: { needs: [one], value: 2 }
`;

/** The editor of the text; the engine has told of the edge that an expression implies. */
function editor(reported: string | null): Pick<FlowEditor, "snapshot"> {
  const paths = ["load", "check", "report"];
  const graph = {
    nodes: paths.map((path, task) => ({ task, path })),
    edges: [{ from: 1, to: 2, implied: true }],
  };
  const document = new FlowDocument(TEXT, language);
  return { snapshot: () => ({ document, graph, reported }) as unknown as ReturnType<FlowEditor["snapshot"]> };
}

describe("an edge that closes a cycle", () => {
  it("is told by the names along it, those too that an expression ties", () => {
    expect(cycleClosed(editor(TEXT), { from: ["check"], to: ["load"] })).toEqual(["check", "load", "check"]);
    expect(cycleClosed(editor(TEXT), { from: ["report"], to: ["load"] })).toEqual([
      "report",
      "load",
      "check",
      "report",
    ]);
    expect(cycleClosed(editor(TEXT), { from: ["group", "two"], to: ["group", "one"] })).toEqual([
      "two",
      "one",
      "two",
    ]);
  });

  it("is none where the tasks follow each other, or the engine's word is of another text", () => {
    expect(cycleClosed(editor(TEXT), { from: ["load"], to: ["report"] })).toBeNull();
    expect(cycleClosed(editor(TEXT), { from: ["load"], to: ["check"] })).toBeNull();
    expect(cycleClosed(editor(null), { from: ["report"], to: ["load"] })).toBeNull();
  });
});
