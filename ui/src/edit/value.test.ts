import { describe, expect, it } from "vitest";
import type { Json } from "./json";
import { edited, open } from "./testing/testFlows";
import { setAt, unsetAt, type ValuePath } from "./value";

function set(text: string, path: ValuePath, value: Json): string {
  return edited(text, (draft) => setAt(draft, path, value));
}

function unset(text: string, path: ValuePath): string {
  return edited(text, (draft) => unsetAt(draft, path));
}

const task = (...lines: string[]) => `tasks:\n  a:\n${lines.map((line) => `    ${line}\n`).join("")}`;
const at = (...path: ValuePath) => ["tasks", "a", ...path];

describe("a value that is set", () => {
  it("takes the place of the old one, in its quotes, before its comment", () => {
    expect(set(task("timeout: 5m   # long"), at("timeout"), "10m")).toBe(task("timeout: 10m   # long"));
    expect(set(task("cwd: 'x' # here"), at("cwd"), "it's")).toBe(task('cwd: "it\'s" # here'));
    expect(set(task("cwd: 'x' # here"), at("cwd"), "y")).toBe(task("cwd: 'y' # here"));
    expect(set(task('cwd: "x"'), at("cwd"), "y")).toBe(task('cwd: "y"'));
    expect(set(task("shell:   # nothing yet"), at("shell"), "ls")).toBe(task("shell: ls   # nothing yet"));
    expect(set(task("shell:"), at("shell"), "ls")).toBe(task("shell: ls"));
    expect(set("tasks: { a: { shell: ls, cwd } }", at("cwd"), "x")).toBe(
      "tasks: { a: { shell: ls, cwd: x } }",
    );
    expect(set("tasks: {a: {shell: ls}}", at("env", "A"), "x, y")).toBe(
      'tasks: {a: {shell: ls, env: {A: "x, y"}}}',
    );
  });

  it("is quoted where it must be", () => {
    for (const text of [
      "",
      "yes",
      "12",
      "1e3",
      "0x1F",
      "a: b",
      "a #b",
      "- a",
      "null",
      "~",
      "{{ params.x }}",
      " a",
      "a ",
      "%",
      "2026-03-01",
      "12:30",
      "*",
      "&a",
      "!x",
      "a:",
      "x\ty",
    ]) {
      const written = set(task("shell: ls"), at("cwd"), text);
      expect(written).toMatch(/cwd: ["']/);
      expect(open(written).failure).toBeNull();
    }
    for (const text of ["a", "5m", "a-b", "https://x.org/a?b=c#d", "it's", "a, b", "-f", "x[0]"]) {
      expect(set(task("shell: ls"), at("cwd"), text)).toBe(task("shell: ls", `cwd: ${text}`));
    }
    expect(set(task("shell: ls"), at("when"), '{{ x | join(", ") }}')).toBe(
      task("shell: ls", `when: '{{ x | join(", ") }}'`),
    );
  });

  it("of several lines stands behind a bar", () => {
    expect(set(task("shell: ls # list"), at("shell"), "a\n\n  b\n")).toBe(
      task("shell: | # list", "  a", "", "  b").replace("\n    \n", "\n\n").replace("      b", "        b"),
    );
    expect(set(task("shell: ls"), at("shell"), "a\nb")).toBe(task("shell: |-", "  a", "  b"));
    expect(set(task("shell: ls"), at("shell"), " a\nb\n")).toBe(task("shell: |2", "   a", "  b"));
    expect(set(task("shell: |  # code", "    x", "    y"), at("shell"), "x\nz\n")).toBe(
      task("shell: |  # code", "    x", "    z"),
    );
    expect(set(task("shell: |  # code", "    x", "    y", "cwd: z"), at("shell"), "x")).toBe(
      task("shell: x  # code", "cwd: z"),
    );
    expect(set(task("env: # c", "  A: 1", "  B: 2", "cwd: z"), at("env"), {})).toBe(
      task("env: {} # c", "cwd: z"),
    );
  });

  it("makes what is missing on the way", () => {
    expect(set(task("shell: ls"), at("env", "A"), "x")).toBe(task("shell: ls", "env: { A: x }"));
    expect(set(task("shell: |", "  ls"), at("retries"), 3)).toBe(task("retries: 3", "shell: |", "  ls"));
    expect(set("tasks:\n  a:\n    shell: ls", at("cwd"), "x")).toBe(
      "tasks:\n  a:\n    shell: ls\n    cwd: x",
    );
    expect(set("", ["name"], "x")).toBe("name: x\n");
    expect(set("name: x\n\ntasks:\n  a: { shell: ls }\n", ["timeout"], "5m")).toBe(
      "name: x\n\ntimeout: 5m\ntasks:\n  a: { shell: ls }\n",
    );
  });

  it("turns a short form into the long one, only where that is needed", () => {
    expect(set(task("retries: 3  # few"), at("retries", "max"), 4)).toBe(task("retries: 4  # few"));
    expect(set(task("retries: 3  # few"), at("retries", "delay"), "2s")).toBe(
      task("retries: { max: 3, delay: 2s }  # few"),
    );
    expect(set(task('http: "https://x.org" # get'), at("http", "method"), "POST")).toBe(
      task('http: { url: "https://x.org", method: POST } # get'),
    );
    expect(set(task("cache: true"), at("cache", "expires"), "1h")).toBe(task("cache: { expires: 1h }"));
    expect(set(task('for_each: "{{ params.x }}"'), at("for_each", "as"), "city")).toBe(
      task('for_each: { in: "{{ params.x }}", as: city }'),
    );
    expect(set(task("for_each: [a, b]"), at("for_each", "as"), "city")).toBe(
      task("for_each: { in: [a, b], as: city }"),
    );
    expect(set(task("wait: 5m"), at("wait", "for"), "6m")).toBe(task("wait: 6m"));
    expect(set(task("shell: |  # code", "  a", "  b"), at("shell", "interpreter"), "bash")).toBe(
      task("shell:  # code", "  interpreter: bash", "  script: |", "    a", "    b"),
    );
    expect(set("parameters:\n  days: 3\ntasks: {}\n", ["parameters", "days", "minimum"], 1)).toBe(
      "parameters:\n  days: { type: number, default: 3, minimum: 1 }\ntasks: {}\n",
    );
    expect(set(task("cwd: x"), at("cwd", "y"), 1)).toBe("unknown: nothing can be set inside of `cwd`");
  });

  it("changes only the parts that differ", () => {
    const text = task("env:", "  A: 1 # one", "  # two", "  B: 2", "shell: ls");
    expect(set(text, at("env"), { A: 1, B: 3 })).toBe(text.replace("B: 2", "B: 3"));
    expect(set(text, at("env"), { B: 2, C: "x" })).toBe(
      task("env:", "  # two", "  B: 2", "  C: x", "shell: ls"),
    );
    const list = task("tags:", "- a # first", "- b", "shell: ls");
    expect(set(list, at("tags"), ["a", "c", "b"])).toBe(
      task("tags:", "- a # first", "- c", "- b", "shell: ls"),
    );
    expect(set(list, at("tags"), ["b"])).toBe(task("tags:", "- b", "shell: ls"));
    expect(set(list, at("tags"), ["a", "b", "d e"])).toBe(
      task("tags:", "- a # first", "- b", "- d e", "shell: ls"),
    );
    expect(set(task("tags: [a, b]"), at("tags"), ["a", "b", "c"])).toBe(task("tags: [a, b, c]"));
    expect(set(task("tags: [", "  a, # one", "  b # two", "]"), at("tags"), ["a", "b", "c"])).toBe(
      task("tags: [", "  a, # one", "  b, # two", "  c", "]"),
    );
    expect(set(task("tags: [", "  a, # one", "  b, # two", "]"), at("tags"), ["b"])).toBe(
      task("tags: [", "  b, # two", "]"),
    );
  });

  it("never changes what an alias repeats elsewhere", () => {
    const text =
      "x: &r { max: 3 }\ntasks:\n  a:\n    retries: *r # same\n    shell: ls\n  b: { retries: *r, shell: ls }\n";
    expect(set(text, at("retries", "max"), 4)).toBe(text.replace("*r #", "{ max: 4 } #"));
    expect(set(text, at("retries"), 4)).toBe(text.replace("*r #", "4 #"));
    expect(set(text, ["x", "max"], 4)).toMatch(/^anchored: /);
    expect(set(text, ["x"], 4)).toMatch(/^anchored: /);
    expect(unset(text, ["x"])).toMatch(/^anchored: /);
    expect(unset(text, at("retries"))).toBe(text.replace("    retries: *r # same\n", ""));
  });
});

describe("a value that is unset", () => {
  it("goes with its lines", () => {
    expect(unset(task("shell: ls", "# before", "cwd: x # here"), at("cwd"))).toBe(task("shell: ls"));
    // Above the first option stands what is said of the task.
    expect(unset(task("# all", "cwd: x # here", "shell: ls"), at("cwd"))).toBe(task("# all", "shell: ls"));
    expect(unset(task("retries: { max: 3, delay: 2s } # c"), at("retries", "delay"))).toBe(
      task("retries: { max: 3 } # c"),
    );
    expect(unset(task("env: { A: 1 }", "shell: ls"), at("env", "A"))).toBe(task("shell: ls"));
    expect(unset(task("http: { url: x }"), at("http", "url"))).toBe(task("http: {}"));
    expect(unset(task("shell: ls"), at("shell"))).toBe("tasks:\n  a: {}\n");
    expect(unset(task("shell: ls"), at("cwd"))).toBe(task("shell: ls"));
  });
});

it("nothing is changed in a text that is not YAML", () => {
  expect(set("a: [", ["name"], "x")).toMatch(/^not-yaml: /);
  expect(set("- a\n", ["name"], "x")).toMatch(/^unknown|^not-yaml/);
});
