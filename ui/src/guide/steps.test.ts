import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { FlowDocument } from "../edit/document";
import { readLanguage } from "../edit/language";
import { currentStep, type Made, madeOf } from "./steps";

const language = readLanguage(JSON.parse(readFileSync("../docs/flow.schema.json", "utf8")));

const made = (text: string, isSaved = true): Made =>
  madeOf(new FlowDocument(text, language), null, [], isSaved);
const at = (text: string, isSaved = true) => currentStep(made(text, isSaved), null, null);

const TWO = "name: a\ntasks:\n  one: { shell: date }\n  two: { shell: date";

it("is at the first step that the flow itself does not show as done", () => {
  expect(at("name: a\n")).toBe("add");
  expect(at('name: a\ntasks:\n  one:\n    shell: ""\n')).toBe("command");
  expect(at("name: a\ntasks:\n  one: { shell: date }\n")).toBe("second");
  expect(at('name: a\ntasks:\n  one: { shell: date }\n  two: { python: "" }\n')).toBe("second");
  expect(at(`${TWO} }\n`)).toBe("connect");
  expect(at(`${TWO}, needs: [one] }\n`)).toBe("failure");
  expect(at(`${TWO}, needs: [one], retries: 2 }\n`)).toBe("failure");
  const three = `${TWO}, needs: [one] }\n  three: { needs: { one: failed }, shell: `;
  expect(at(`${three}"" }\n`)).toBe("failure");
  expect(at(`${three}date }\n`, false)).toBe("save");
  expect(at(`${three}date }\n`)).toBe("run");
});

it("takes a retry for an edge on failure, and a failure edge for no dependency", () => {
  expect(at(`${TWO}, needs: [one], retries: 2 }\n  three: { value: 1 }\n`)).toBe("run");
  expect(at(`${TWO}, needs: { one: failed } }\n`)).toBe("connect");
  expect(at(`${TWO}, needs: { one: finished } }\n`)).toBe("failure");
});

it("waits until the run of the flow as it is has completed and its log was read", () => {
  const whole = made(`${TWO}, needs: [one], retries: 2 }\n  three: { value: 1 }\n`);
  expect(currentStep(whole, { id: "r1", type: "running" }, null)).toBe("run");
  expect(currentStep(whole, { id: "r1", type: "failed" }, "r1")).toBe("run");
  expect(currentStep(whole, { id: "r1", type: "completed" }, "r0")).toBe("log");
  expect(currentStep(whole, { id: "r1", type: "completed" }, "r1")).toBeNull();
});

it("counts a task with a mistake as not written, and reads short and long forms alike", () => {
  expect(at('name: a\ntasks:\n  one: { shell: { script: "  " } }\n')).toBe("command");
  expect(at("name: a\ntasks:\n  one: { shell: { script: date } }\n")).toBe("second");
  expect(at("name: a\ntasks:\n  one: { shell: { file: a.sh } }\n")).toBe("second");
  const document = new FlowDocument("name: a\ntasks:\n  one: { http: { url: '' } }\n", language);
  const problem = { severity: "error" } as never;
  const graph = { nodes: [{ path: "one", problems: [problem] }], edges: [] } as never;
  const broken = madeOf(document, graph, [problem], true);
  expect(currentStep(broken, null, null)).toBe("command");
  expect(broken.runs).toBe(false);
});

it("takes a value that an expression reads for a connection", () => {
  const text = `${TWO} }\n`;
  const graph = { nodes: [], edges: [{ implied: true, on: "succeeded" }] } as never;
  const read = madeOf(new FlowDocument(text, language), graph, [], true);
  expect(currentStep(read, null, null)).toBe("failure");
});
