// @vitest-environment jsdom
import { readFileSync } from "node:fs";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Diagnostic } from "../../api/types";
import { readLanguage } from "../../edit/language";
import { EditorContext, type FlowEditor, useEdited } from "../context";
import { Editor } from "../editor";
import { type Fields, FieldsContext } from "./fields";
import { Forms } from "./form";
import { placed } from "./problems";
import { RecordFields } from "./RecordField";

const schema = JSON.parse(readFileSync("../docs/flow.schema.json", "utf8"));
const language = readLanguage(schema);
const forms = new Forms(schema);

let editor: FlowEditor;

beforeEach(() => {
  // What these fields edit is asked of nobody.
  vi.stubGlobal("fetch", () => new Promise(() => {}));
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const flow = (body: string) =>
  `name: a\ntasks:\n  up: { value: 1 }\n  other: { value: 2 }\n  a:\n${body.replace(/^/gm, "    ")}\n`;

function Around({ defaults, problems }: { defaults: string | null; problems: readonly Diagnostic[] }) {
  const document = useEdited((snapshot) => snapshot.document);
  const fields: Fields = {
    flow: "a",
    task: "a",
    document,
    frozen: document.failure !== null,
    names: {},
    builtins: forms.builtins,
    sampled: null,
    problems: placed(document, problems),
    inherited: (path) => (path.at(-1) === "timeout" ? defaults : null),
  };
  return (
    <FieldsContext value={fields}>
      <RecordFields path={["tasks", "a"]} form={forms.options()} />
    </FieldsContext>
  );
}

/** The options of the task `a`. */
function shown(
  body: string,
  { defaults = null, problems = [] }: { defaults?: string | null; problems?: Diagnostic[] } = {},
) {
  editor = new Editor(flow(body), language, {
    check: () => new Promise(() => {}),
    keep: () => {},
    keepLayout: () => {},
  });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <EditorContext value={editor}>
        <Around defaults={defaults} problems={problems} />
      </EditorContext>
    </QueryClientProvider>,
  );
}

const body = () =>
  editor
    .snapshot()
    .document.text.replace(/^[\s\S]* {2}a:\n/, "")
    .replace(/^ {4}/gm, "")
    .trimEnd();
const box = (name: string) => screen.getByRole<HTMLInputElement>("textbox", { name });
const type = (name: string, value: string) => fireEvent.change(box(name), { target: { value } });

describe("a field", () => {
  it("writes a number, and takes the key out when it is emptied", () => {
    shown("shell: ls # x");
    type("Retries", "3");
    expect(body()).toBe("shell: ls # x\nretries: 3");
    type("Retries", "");
    expect(body()).toBe("shell: ls # x");
  });

  it("keeps what is no value out of the file, and says so once it is left", () => {
    shown("shell: ls\ntimeout: 5m");
    fireEvent.focus(box("Timeout"));
    type("Timeout", "5");
    expect(body()).toBe("shell: ls\ntimeout: 5m");
    expect(screen.queryByText(/does not fit/)).toBeNull();
    fireEvent.blur(box("Timeout"));
    expect(screen.getByText(/does not fit/)).toBeDefined();
    expect(box("Timeout").value).toBe("5");
  });

  it("shows what another place of the studio writes", () => {
    shown("shell: ls\ntimeout: 5m");
    const { text } = editor.snapshot().document;
    act(() => editor.typed([{ from: text.indexOf("5m"), to: text.indexOf("5m") + 2, insert: "7m" }]));
    expect(box("Timeout").value).toBe("7m");
  });

  it("shows what the flow's defaults say until it says something itself", () => {
    shown("shell: ls", { defaults: "10m" });
    expect(box("Timeout").placeholder).toBe("10m");
    expect(screen.getByText("from defaults")).toBeDefined();
    type("Timeout", "1m");
    expect(screen.queryByText("from defaults")).toBeNull();
    fireEvent.click(screen.getByRole("button", { name: "Clear Timeout" }));
    expect(body()).toBe("shell: ls");
  });

  it("says what the engine finds wrong with its value", () => {
    const problem = { line: 7, column: 12, message: "no such `pool`", hint: null, severity: "error" };
    shown("shell: ls\nruns_on: pool", { problems: [problem as unknown as Diagnostic] });
    expect(box("Runs on").getAttribute("aria-invalid")).toBe("true");
  });

  it("can be neither typed into nor switched while the text cannot be read", () => {
    shown("shell: ls\ntimeout: 5m");
    act(() => editor.typed([{ from: 0, to: 0, insert: "{ " }]));
    // The form around fields keeps the last document; here it is gone with the text.
    expect(box("Timeout").readOnly).toBe(true);
    expect(screen.getByRole<HTMLButtonElement>("switch", { name: "Allow failure" }).disabled).toBe(true);
  });
});

describe("a switch", () => {
  it("is written when it is on, and gone when it is off", () => {
    shown("shell: ls");
    const allow = screen.getByRole("switch", { name: "Allow failure" });
    fireEvent.click(allow);
    expect([body(), allow.getAttribute("aria-checked")]).toEqual(["shell: ls\nallow_failure: true", "true"]);
    fireEvent.click(allow);
    expect(body()).toBe("shell: ls");
  });

  it("opens the keys of what is on, and is on where a map says more", () => {
    shown("shell: ls");
    const cache = () => screen.getByRole("switch", { name: "Cache" });
    expect(screen.queryByRole("button", { name: "More of cache" })).toBeNull();
    fireEvent.click(cache());
    expect(screen.getByRole("button", { name: "More of cache" })).toBeDefined();
    act(() => editor.replace(flow("shell: ls\ncache: { expires: 1h }")));
    expect(cache().getAttribute("aria-checked")).toBe("true");
    fireEvent.click(cache());
    expect(body()).toBe("shell: ls");
  });
});

describe("a value with keys of its own", () => {
  it("stays short until more is said of it", () => {
    shown("shell: ls\nretries: 3");
    fireEvent.click(screen.getByRole("button", { name: "More of retries" }));
    fireEvent.change(screen.getByRole("combobox", { name: "Backoff" }), { target: { value: "exponential" } });
    expect(body()).toBe("shell: ls\nretries: { max: 3, backoff: exponential }");
    type("Retries", "4");
    expect(body()).toBe("shell: ls\nretries: { max: 4, backoff: exponential }");
  });
});

describe("lists and maps", () => {
  it("take items one by one, and none is left behind", () => {
    shown("shell: ls");
    fireEvent.click(screen.getByRole("button", { name: "Add to limits" }));
    for (const letters of ["w", "we", "web"]) type("Limits 1", letters);
    fireEvent.click(screen.getByRole("button", { name: "Add to limits" }));
    type("Limits 2", "db");
    expect(body()).toBe("shell: ls\nlimits: [web, db]");
    type("Limits 1", "");
    expect(body()).toBe('shell: ls\nlimits: ["", db]');
    fireEvent.click(screen.getByRole("button", { name: "Remove limits 1" }));
    expect(body()).toBe("shell: ls\nlimits: [db]");
    fireEvent.click(screen.getByRole("button", { name: "Remove limits 1" }));
    expect(body()).toBe("shell: ls");
  });

  it("refuse a name that is taken, and say so", () => {
    shown("shell: ls\nenv: { A: 1, B: 2 }");
    const name = box("Name of A");
    fireEvent.change(name, { target: { value: "B" } });
    fireEvent.keyDown(name, { key: "Enter" });
    expect(box("Name of A").getAttribute("aria-invalid")).toBe("true");
    fireEvent.change(name, { target: { value: "C" } });
    fireEvent.keyDown(name, { key: "Enter" });
    expect(body()).toBe("shell: ls\nenv: { C: 1, B: 2 }");
  });
});

it("offers of two keys that exclude each other the one that is chosen", () => {
  shown("shell: ls\nmatrix: { x: [1, 2] }");
  expect(screen.getByRole("group", { name: "Matrix" })).toBeDefined();
  fireEvent.click(screen.getByRole("radio", { name: "For each" }));
  expect(screen.getByRole("textbox", { name: "For each" })).toBeDefined();
});

it("names what it waits for, and what an expression reads", () => {
  shown('shell: ls\nneeds: { up: failed }\nwhen: "{{ tasks.other.output > 1 }}"');
  const needs = screen.getByRole("group", { name: "Needs" });
  expect(needs.textContent).toContain("up failed");
  expect(needs.textContent).toContain("other");
});
