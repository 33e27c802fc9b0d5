import { describe, expect, it } from "vitest";
import type { Json } from "../../edit/json";
import { edited, open } from "../../edit/testing/testFlows";
import type { Control } from "./form";
import { clearValue, isUnstyled, renameKey, setValue, valueAt } from "./place";
import { readText, shownCode, shownText, writtenCode } from "./text";

const any: Control = { is: "any", expressions: true };
const number: Control = { is: "number", whole: true, least: 1, most: null };
const duration: Control = {
  is: "duration",
  expressions: true,
  like: { source: "^([0-9]+h)?([0-9]+m)?([0-9]+s)?$", said: "As `5m`." },
};

describe("what is typed", () => {
  it("is read as what the field is for", () => {
    expect(readText(number, " 3 ")).toEqual({ value: 3 });
    expect(readText(number, "0")).toEqual({ problem: "`0` is too small: write 1 or more" });
    expect(readText(number, "1.5")).toEqual({
      problem: "`1.5` is not a whole number: write `2`, or another one",
    });
    expect(readText(number, "-1.5abc")).toEqual({
      problem: "`-1.5abc` is not a number: write one, such as `1`",
    });
    expect(readText(number, "")).toEqual({ unset: true });
    expect(readText(duration, "1h30m")).toEqual({ value: "1h30m" });
    expect(readText(duration, "{{ output.delay }}")).toEqual({ value: "{{ output.delay }}" });
    expect(readText(duration, "1")).toEqual({ problem: "`1` does not fit. What fits: as `5m`" });
    expect(readText({ is: "condition" }, "false")).toEqual({ value: false });
    expect(readText({ is: "condition" }, "{{ 1 > 2 }}")).toEqual({ value: "{{ 1 > 2 }}" });
    expect(readText({ is: "condition" }, "1 > 2")).toEqual({
      problem: "`1 > 2` is no condition: write `{{ 1 > 2 }}`, `true` or `false`",
    });
  });

  it("keeps texts that only look like numbers", () => {
    const scalar: Control = { is: "scalar", expressions: true, nullable: true };
    const read = (text: string) => readText(scalar, text);
    expect([read("12"), read("007"), read("1e3"), read("true"), read("null"), read("a")]).toEqual(
      [12, "007", "1e3", true, null, "a"].map((value) => ({ value })),
    );
  });

  it("is YAML or JSON where any value may stand, and an expression without quotes", () => {
    expect(readText(any, "[1, a, {b: c}]")).toEqual({ value: [1, "a", { b: "c" }] });
    expect(readText(any, "a:\n  - 1\n")).toEqual({ value: { a: [1] } });
    expect(readText(any, "{{ tasks.a.output }}")).toEqual({ value: "{{ tasks.a.output }}" });
    expect(readText(any, "[1")).toHaveProperty("problem");
  });

  it.each<Json>([
    "a",
    "12",
    "true",
    "",
    "a: b",
    "[x",
    12,
    null,
    [1, 2],
    { a: { b: ["c"] } },
    "{{ x }}",
    "a\nb",
  ])("%j is shown as a text that is read as it again", (value) => {
    const text = shownText(any, value);
    expect(text === "" ? { value: "" } : readText(any, text)).toEqual({ value });
  });

  it("is code that ends with its last line", () => {
    expect(shownCode("a\nb\n")).toBe("a\nb");
    expect(writtenCode("a\r\nb\n   ")).toBe("a\nb\n");
    expect(writtenCode("ls ")).toBe("ls");
  });
});

describe("values at their path", () => {
  const flow = (body: string) => `name: a\ntasks:\n  a: ${body}\n`;
  const at = (...path: (string | number)[]) => ["tasks", "a", ...path];

  it("see through short forms and aliases", () => {
    const short = open(flow("{ shell: ls, retries: 3 }"));
    expect(valueAt(short, at("shell", "script"))).toBe("ls");
    expect(valueAt(short, at("shell", "file"))).toBeUndefined();
    expect(valueAt(short, at("retries", "max"))).toBe(3);
    const alias = open("x: &x { A: 1 }\ntasks: { a: { shell: ls, env: *x } }\n");
    expect(valueAt(alias, at("env", "A"))).toBe(1);
    expect(valueAt(short, at("env", "A"))).toBeUndefined();
  });

  it("are cleared with their short form, but never the kind itself", () => {
    const clear = (body: string, ...path: string[]) =>
      edited(flow(body), (draft) => clearValue(draft, at(...path)));
    expect(clear("{ shell: ls, retries: 3 }", "retries", "max")).toBe(flow("{ shell: ls }"));
    expect(clear("{ shell: ls, retries: 3 }", "shell", "script")).toBe(flow('{ shell: "", retries: 3 }'));
    expect(clear("{ shell: ls, retries: { max: 3, delay: 1s } }", "retries", "delay")).toBe(
      flow("{ shell: ls, retries: { max: 3 } }"),
    );
  });

  it("take the place of what they exclude", () => {
    const made = edited(flow("{ python: return 1 }"), (draft) =>
      setValue(draft, at("python", "call"), "a.py:f", { excluded: ["code", "file"], restyled: false }),
    );
    expect(made).toBe(flow("{ python: { call: a.py:f } }"));
  });

  it("lose quotes that nobody chose", () => {
    const set = (body: string, restyled: boolean) =>
      edited(flow(body), (draft) => setValue(draft, at("cwd"), "b", { excluded: [], restyled }));
    expect(set('{ shell: ls, cwd: "" } # x', true)).toBe(flow("{ shell: ls, cwd: b } # x"));
    expect(set('{ shell: ls, cwd: "a" }', false)).toBe(flow('{ shell: ls, cwd: "b" }'));
    const unstyled = (body: string) => isUnstyled(open(flow(body)), at("cwd"));
    expect([unstyled("{ cwd: a }"), unstyled('{ cwd: "" }'), unstyled("{ cwd: 'a' }")]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it("keep their place when their key is renamed", () => {
    const body = "{ shell: ls, env: { A: 1, B: 2 } } # x";
    const rename = (from: string, to: string) =>
      edited(flow(body), (draft) => renameKey(draft, at("env"), from, to));
    expect(rename("A", "C D")).toBe(flow("{ shell: ls, env: { C D: 1, B: 2 } } # x"));
    expect(rename("A", "B")).toMatch(/^name-taken/);
  });
});
