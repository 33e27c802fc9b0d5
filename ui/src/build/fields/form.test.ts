import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Control, type Form, Forms, isEvaluated, mainKey, shownFields } from "./form";

const schema = JSON.parse(readFileSync("../docs/flow.schema.json", "utf8"));
const forms = new Forms(schema);

const recordOf = (control: Control | undefined): Form => {
  if (control?.is !== "record") throw new Error(`no record but ${control?.is}`);
  return control.record();
};
const kindOf = (name: string) => recordOf(forms.kind(name)?.control);
const control = (form: Form, name: string) => form.fields.find((field) => field.name === name)?.control;

describe("the form of a kind", () => {
  it("is there for every kind that the schema has", () => {
    expect(forms.kinds).toContain("python");
    for (const kind of forms.kinds) expect(forms.kind(kind)?.help).toMatch(/\w/);
  });

  it("has the short form's value in the long form's field", () => {
    const python = forms.kind("python")?.control;
    expect(python?.is === "record" && python.short).toMatchObject({ key: "code", control: { is: "code" } });
    expect(control(kindOf("python"), "code")).toEqual({
      is: "code",
      language: "python",
      sees: ["params", "inputs", "item", "index", "matrix", "run", "trigger", "vars"],
    });
    const http = forms.kind("http")?.control;
    expect(http?.is === "record" && http.short).toMatchObject({ key: "url", control: { expressions: true } });
  });

  it("knows which key says most of what the task does", () => {
    const main = (kind: string) => {
      const field = forms.kind(kind);
      return field && mainKey(field);
    };
    const kinds = ["shell", "python", "http", "sql", "value", "flow", "approve", "notify", "wait"];
    expect(Object.fromEntries(kinds.map((kind) => [kind, main(kind)]))).toEqual({
      shell: "script",
      python: "code",
      http: "url",
      sql: "query",
      value: "value",
      flow: "name",
      approve: "message",
      notify: "message",
      wait: "for",
    });
  });

  it("chooses editors by what the schema says", () => {
    const http = kindOf("http");
    expect(control(http, "method")).toMatchObject({ is: "text", expressions: true });
    expect(control(http, "headers")).toMatchObject({ is: "map", item: { control: { is: "scalar" } } });
    expect(control(http, "json")).toEqual({ is: "any", expressions: true });
    expect(recordOf(control(http, "auth")).oneOf).toEqual([{ names: ["bearer", "basic"], required: true }]);
    expect(control(kindOf("wait"), "for")).toMatchObject({ is: "duration", expressions: true });
    expect(control(kindOf("python"), "isolate")).toEqual({ is: "switch", off: false });
    expect(control(kindOf("notify"), "desktop")).toEqual({ is: "switch", off: null });
    expect(control(kindOf("approve"), "fields")).toEqual({ is: "any", expressions: false });
    expect(control(kindOf("shell"), "interpreter")).toMatchObject({ is: "text", expressions: true });
    expect(forms.kind("tasks")?.control).toEqual({ is: "tasks" });
  });

  it("evaluates no script, and what takes expressions", () => {
    const evaluated = (kind: string, key: string) => {
      const found = control(kindOf(kind), key);
      return found !== undefined && isEvaluated(found);
    };
    expect(evaluated("shell", "script")).toBe(false);
    expect(evaluated("python", "code")).toBe(false);
    expect(evaluated("approve", "fields")).toBe(false);
    expect(evaluated("http", "url")).toBe(true);
    expect(evaluated("http", "json")).toBe(true);
  });

  it("says which keys exclude each other, and which need another", () => {
    expect(kindOf("python").oneOf).toEqual([{ names: ["code", "file", "call"], required: true }]);
    expect(kindOf("http").oneOf).toEqual([{ names: ["json", "form", "body"], required: false }]);
    const shown = (set: string[]) =>
      shownFields(kindOf("approve"), (name) => set.includes(name)).map(({ name }) => name);
    expect(shown([])).not.toContain("on_expiry");
    expect(shown(["expires"])).toContain("on_expiry");
  });

  it("shows what holds where nothing is set", () => {
    const fallback = (form: Form, name: string) => form.fields.find((one) => one.name === name)?.fallback;
    expect(fallback(kindOf("http"), "method")).toBe("GET");
    expect(fallback(kindOf("python"), "isolate")).toBe("false");
    expect(fallback(kindOf("python"), "requirements")).toBeNull();
  });
});

describe("the options", () => {
  const options = forms.options();

  it("are all that is no kind", () => {
    const names = options.fields.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(["needs", "when", "retries", "cache", "for_each", "limits"]),
    );
    expect(names).not.toContain("shell");
    expect(options.oneOf).toEqual([{ names: ["for_each", "matrix"], required: false }]);
  });

  it("have the editors that they need", () => {
    expect(control(options, "needs")).toEqual({
      is: "needs",
      outcomes: ["succeeded", "failed", "finished"],
    });
    expect(control(options, "when")).toEqual({ is: "condition" });
    expect(control(options, "timeout")).toMatchObject({ is: "duration", expressions: false });
    expect(control(options, "allow_failure")).toEqual({ is: "switch", off: false });
    expect(control(options, "env")).toMatchObject({ is: "map", item: { control: { nullable: true } } });
    expect(control(options, "retries")).toMatchObject({ short: { key: "max", control: { is: "number" } } });
    expect(control(options, "cache")).toMatchObject({ short: { key: null, control: { is: "switch" } } });
    expect(control(options, "for_each")).toMatchObject({ short: { key: "in", control: { is: "any" } } });
    expect(control(options, "tags")).toMatchObject({ is: "list", item: { control: { is: "text" } } });
  });

  it("are left out where they mean nothing", () => {
    const shown = (set: string[]) =>
      shownFields(options, (name) => set.includes(name)).map(({ name }) => name);
    expect(shown(["wait"])).not.toContain("cache");
    expect(shown(["shell"])).toContain("cache");
    expect(shown([])).not.toContain("fail_fast");
    expect(shown(["for_each"])).toContain("fail_fast");
  });
});

it("reads the flow's own keys, lists of maps among them", () => {
  const flow = forms.flow();
  expect(flow.fields.map(({ name }) => name)).not.toContain("tasks");
  const schedules = control(flow, "schedules");
  const schedule = recordOf(schedules?.is === "list" ? schedules.item.control : undefined);
  expect(control(schedule, "catchup")).toEqual({ is: "choice", choices: ["none", "latest", "all"] });
  expect(schedule.oneOf).toEqual([{ names: ["cron", "every", "rrule"], required: true }]);
  expect(control(flow, "description")).toMatchObject({ is: "text", lines: true });
});

it("knows which options come from the flow's defaults, and to which kinds", () => {
  const inherited = (option: string, kind: string) => forms.isInherited(option, kind);
  expect([inherited("timeout", "shell"), inherited("timeout", "tasks")]).toEqual([true, false]);
  expect([inherited("cwd", "tasks"), inherited("limits", "shell")]).toEqual([true, false]);
});

it("takes a new kind and a new option from the schema alone", () => {
  const grown = structuredClone(schema);
  const task = grown.$defs.task;
  task.properties.lua = { description: "A script in Lua.", type: "string" };
  task.properties.priority = { description: "Who comes first.", enum: ["low", "high"] };
  task.oneOf.push({ required: ["lua"] });
  const more = new Forms(grown);
  expect(more.kind("lua")).toMatchObject({ title: "Lua", control: { is: "code", language: "lua" } });
  expect(control(more.options(), "priority")).toEqual({ is: "choice", choices: ["low", "high"] });
});
