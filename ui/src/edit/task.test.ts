import { describe, expect, it } from "vitest";
import { addTask } from "./addTask";
import { isRefusal } from "./draft";
import { removeEdge, setEdge } from "./edge";
import { changeKind, setCode } from "./kind";
import { removeTasks } from "./removeTasks";
import { renameTask } from "./renameTask";
import { edit, edited } from "./testing/testFlows";

const FLOW = `name: city   # the flow
tasks:
  # Fetches.
  fetch:   # all of them
    shell: |
      ls

  # Makes the table.
  table:
    needs: [fetch]   # first
    python: |
      return inputs["fetch"]

  # Says so.
  warn:
    when: "{{ tasks.table.output.max > 3 }}"
    notify: { message: "{{ tasks.table.output }}" }
    # the end of warn
  # about nothing

output: "{{ tasks.table.output }}"
`;

describe("a task that is added", () => {
  it("is written like the others, set apart like them", () => {
    const added = edited(FLOW, (draft) =>
      addTask(
        draft,
        { group: [], after: "fetch" },
        { name: "count", body: { needs: ["fetch"], shell: "wc -l\nls\n" } },
      ),
    );
    expect(added).toBe(
      FLOW.replace(
        "      ls\n\n",
        "      ls\n\n  count:\n    needs: [fetch]\n    shell: |\n      wc -l\n      ls\n\n",
      ),
    );
    expect(
      edited(FLOW, (draft) => addTask(draft, { group: [] }, { name: "last", body: { shell: "ls" } })),
    ).toBe(FLOW.replace("end of warn\n", "end of warn\n\n  last:\n    shell: ls\n"));
    expect(
      edited(FLOW, (draft) =>
        addTask(draft, { group: [], after: null }, { name: "first", body: { shell: "ls" } }),
      ),
    ).toBe(FLOW.replace("  # Fetches", "  first:\n    shell: ls\n\n  # Fetches"));
  });

  it("is the first of a flow or a group", () => {
    const body = { shell: "ls" };
    const add = (text: string) => edited(text, (draft) => addTask(draft, { group: [] }, { name: "a", body }));
    expect(add("")).toBe("tasks:\n  a:\n    shell: ls\n");
    expect(add("name: x\r\noutput: 1\r\n")).toBe(
      "name: x\r\n\r\ntasks:\r\n  a:\r\n    shell: ls\r\n\r\noutput: 1\r\n",
    );
    expect(add("name: x")).toBe("name: x\n\ntasks:\n  a:\n    shell: ls");
    expect(add("tasks: {} # none\n")).toBe("tasks: # none\n  a:\n    shell: ls\n");
    expect(add("tasks:\noutput: 1\n")).toBe("tasks:\n  a:\n    shell: ls\noutput: 1\n");
    expect(add("{}")).toBe("{ tasks: { a: { shell: ls } } }");
    expect(add("{name: x}")).toBe("{name: x, tasks: {a: {shell: ls}}}");
    expect(
      edited("tasks:\n    g:\n        tasks: {}\n", (draft) =>
        addTask(draft, { group: ["g"] }, { name: "a", body }),
      ),
    ).toBe("tasks:\n    g:\n        tasks:\n            a:\n                shell: ls\n");
    expect(
      edited("tasks: { b: { shell: x } }", (draft) => addTask(draft, { group: [] }, { name: "a", body })),
    ).toBe("tasks: { b: { shell: x }, a: { shell: ls } }");
  });

  it("has a name of its own", () => {
    const add = (name: string, group: string[] = []) =>
      edited(FLOW, (draft) => addTask(draft, { group }, { name, body: { shell: "ls" } }));
    expect(add("fetch")).toMatch(/^name-taken: /);
    expect(add("1a")).toMatch(/^name-invalid: /);
    expect(add("a".repeat(64))).toMatch(/^name-invalid: /);
    expect(add("a", ["fetch"])).toMatch(/^unknown: /);
    expect(add("a", ["no"])).toMatch(/^unknown: /);
    const inner =
      "tasks:\n  a: { shell: ls }\n  g:\n    tasks:\n      b: { value: '{{ tasks.a.output }}' }\n";
    expect(
      edited(inner, (draft) => addTask(draft, { group: ["g"] }, { name: "a", body: { shell: "ls" } })),
    ).toMatch(/^name-hidden: /);
  });
});

describe("tasks that are removed", () => {
  it("go with their comments, and from what others need", () => {
    expect(edited(FLOW, (draft) => removeTasks(draft, [["fetch"]]))).toBe(
      FLOW.replace(/ {2}# Fetches[\s\S]*?ls\n\n/, "").replace("    needs: [fetch]   # first\n", ""),
    );
    expect(edited(FLOW, (draft) => removeTasks(draft, [["table"], ["warn"]]))).toBe(
      FLOW.replace(/ {2}# Makes[\s\S]*end of warn\n/, ""),
    );
    expect(edited(FLOW, (draft) => removeTasks(draft, [["fetch"], ["table"], ["warn"]]))).toContain(
      "\ntasks: {}\n",
    );
  });

  it("leave who reads them to be seen", () => {
    const outcome = edit(FLOW, (draft) => removeTasks(draft, [["table"]]));
    if (isRefusal(outcome)) throw new Error(outcome.message);
    const places = outcome.notes.map(({ task, from, to }) => [task, outcome.document.text.slice(from, to)]);
    expect(places).toEqual([
      [null, "table"],
      [["warn"], "table"],
      [["warn"], "table"],
    ]);
  });

  it("take `join` with the last need, and stand in braces or brackets", () => {
    const text =
      "tasks:\n  a: { shell: ls }\n  b: { needs: [a], join: any, shell: ls }\n  c:\n    needs:\n    - a # x\n    - b\n    shell: ls\n";
    expect(edited(text, (draft) => removeTasks(draft, [["a"]]))).toBe(
      "tasks:\n  b: { shell: ls }\n  c:\n    needs:\n    - b\n    shell: ls\n",
    );
    expect(
      edited("tasks: { a: { shell: x }, b: { shell: y }, c: { shell: z } }", (draft) =>
        removeTasks(draft, [["a"], ["c"]]),
      ),
    ).toBe("tasks: { b: { shell: y } }");
    expect(edited("tasks:\n  a: {}\n", (draft) => removeTasks(draft, [["x"]]))).toMatch(/^unknown: /);
  });
});

describe("a task that is renamed", () => {
  it("is called so wherever it is meant", () => {
    const outcome = edit(FLOW, (draft) => renameTask(draft, ["fetch"], "load"));
    if (isRefusal(outcome)) throw new Error(outcome.message);
    const { text } = outcome.document;
    expect(text).toBe(FLOW.replace("fetch:", "load:").replace("[fetch]", "[load]"));
    expect(outcome.notes).toMatchObject([{ kind: "code", task: ["table"], name: "fetch" }]);
    expect(outcome.notes.map(({ from, to }) => text.slice(from, to))).toEqual(["fetch"]);
    expect(edited(FLOW, (draft) => renameTask(draft, ["table"], "rows"))).toBe(
      FLOW.replace("table:", "rows:").replaceAll("tasks.table", "tasks.rows"),
    );
  });

  it("keeps to its own scope, and follows into groups", () => {
    const text = `tasks:
  a: { shell: ls }
  "g": # group
    needs: { "a": failed }
    tasks:
      a: { value: "{{ tasks.x.output }}" }
      x: { value: '{{ tasks["a"].output }} {{ tasks.a.state }}' }
  h:
    tasks:
      y: { value: "\\"{{ tasks['a'].output ~ \\"tasks.a\\" }}" }
      z: { shell: "echo {{ tasks.a.output }}" }
  m:
    value:
      - >-
        {{ tasks.g.output.x
           ~ tasks.a.output }}
      - "{{ tasks.g.output }}"
`;
    expect(edited(text, (draft) => renameTask(draft, ["a"], "b"))).toBe(
      text
        .replace("  a: { shell", "  b: { shell")
        .replace('"a": failed', '"b": failed')
        .replace("tasks['a']", "tasks['b']")
        .replace("~ tasks.a.output }}\n", "~ tasks.b.output }}\n"),
    );
    expect(edited(text, (draft) => renameTask(draft, ["g", "x"], "w"))).toBe(
      text
        .replace("tasks.x.output", "tasks.w.output")
        .replace("      x:", "      w:")
        .replace("g.output.x", "g.output.w"),
    );
    expect(edited(text, (draft) => renameTask(draft, ["g"], "k"))).toBe(
      text.replace('"g":', '"k":').replaceAll("tasks.g.", "tasks.k."),
    );
    expect(edited(text, (draft) => renameTask(draft, ["g", "a"], "m"))).toBe(
      text
        .replace("      a:", "      m:")
        .replace('tasks["a"].output', 'tasks["m"].output')
        .replace("tasks.a.state", "tasks.m.state"),
    );
    expect(edited(text, (draft) => renameTask(draft, ["a"], "y"))).toMatch(/^name-hidden: /);
    expect(edited(text, (draft) => renameTask(draft, ["h", "z"], "a"))).toMatch(/^name-hidden: /);
    expect(edited(text, (draft) => renameTask(draft, ["a"], "g"))).toMatch(/^name-taken: /);
  });

  it("shows where its name is looked up in a mapped group's output", () => {
    const text = `tasks:
  g:
    for_each: [1, 2]
    tasks:
      a: { value: 1 }
  s: { value: "{{ tasks.g.output | map(attribute='a') | sum }} {{ tasks.g.output[0].a }}" }
`;
    const outcome = edit(text, (draft) => renameTask(draft, ["g", "a"], "b"));
    if (isRefusal(outcome)) throw new Error(outcome.message);
    expect(outcome.document.text).toBe(text.replace("      a:", "      b:"));
    expect(
      outcome.notes.map((note) => [note.kind, note.task, outcome.document.text.slice(note.from, note.to)]),
    ).toEqual([
      ["expression", ["s"], "a"],
      ["expression", ["s"], "a"],
    ]);
  });

  it("is not renamed where an alias repeats a place that means another task", () => {
    const text = `tasks:
  a: { shell: ls }
  b: { when: &w "{{ tasks.a.output == 1 }}", shell: ls }
  g:
    tasks:
      a: { shell: ls }
      c: { when: *w, shell: ls }
`;
    expect(edited(text, (draft) => renameTask(draft, ["a"], "z"))).toMatch(/^anchored: /);
    const same = text.replace("      a:", "      d:");
    expect(edited(same, (draft) => renameTask(draft, ["a"], "z"))).toBe(
      same.replace("  a: {", "  z: {").replace("tasks.a", "tasks.z"),
    );
  });
});

describe("an edge", () => {
  const flow = (needs: string) =>
    `tasks:\n  a: { shell: ls }\n  b: { shell: ls }\n  c:\n${needs}    shell: ls\n`;
  const connect = (needs: string, from: string, on: "succeeded" | "failed" | "finished") =>
    edited(flow(needs), (draft) => setEdge(draft, { from: [from], to: ["c"] }, on));
  const cut = (needs: string, from: string) =>
    edited(flow(needs), (draft) => removeEdge(draft, { from: [from], to: ["c"] }));

  it("is named in a list while all are `succeeded`, in a map when one is not", () => {
    expect(connect("", "a", "succeeded")).toBe(
      flow("").replace("    shell: ls\n", "    shell: ls\n    needs: [a]\n"),
    );
    expect(connect("", "a", "failed")).toContain("    needs: { a: failed }\n");
    expect(connect("    needs: [a] # x\n", "b", "succeeded")).toBe(flow("    needs: [a, b] # x\n"));
    expect(connect("    needs: [ a ] # x\n", "b", "failed")).toBe(
      flow("    needs: { a: succeeded, b: failed } # x\n"),
    );
    expect(connect("    needs:\n    - a # x\n", "b", "finished")).toBe(
      flow("    needs:\n      a: succeeded # x\n      b: finished\n"),
    );
    expect(connect("    needs:\n      - a # x\n      - 'b'\n", "b", "finished")).toBe(
      flow("    needs:\n      a: succeeded # x\n      'b': finished\n"),
    );
    expect(connect("    needs: [\n      a, # x\n    ]\n", "b", "failed")).toBe(
      flow("    needs: {\n      a: succeeded, # x\n      b: failed,\n    }\n"),
    );
    expect(connect("    needs:\n      a: failed # x\n", "b", "succeeded")).toBe(
      flow("    needs:\n      a: failed # x\n      b: succeeded\n"),
    );
    expect(connect("    needs: {a: failed, b: failed}\n", "a", "succeeded")).toBe(
      flow("    needs: {a: succeeded, b: failed}\n"),
    );
    expect(connect("    needs: [a]\n", "a", "succeeded")).toBe(flow("    needs: [a]\n"));
    expect(connect("    needs: # none\n", "a", "succeeded")).toBe(flow("    needs: [a] # none\n"));
  });

  it("goes with the key when it was the last", () => {
    expect(cut("    needs: [a] # x\n", "a")).toBe(flow(""));
    expect(cut("    needs: [a, b]\n", "a")).toBe(flow("    needs: [b]\n"));
    expect(cut("    needs: { a: failed, b: succeeded }\n", "b")).toBe(flow("    needs: { a: failed }\n"));
    expect(cut("    needs:\n      - a # x\n      # about b\n      - b\n", "a")).toBe(
      flow("    needs:\n      # about b\n      - b\n"),
    );
    expect(cut("    needs: [a]\n", "b")).toMatch(/^unknown: /);
    expect(cut('    when: "{{ tasks.a.output }}"\n', "a")).toMatch(/^cannot-keep: .*reads `a`/);
  });

  it("joins siblings only", () => {
    const text = "tasks:\n  a: { shell: ls }\n  g:\n    tasks:\n      b: { shell: ls }\n";
    expect(edited(text, (draft) => setEdge(draft, { from: ["a"], to: ["g", "b"] }, "failed"))).toMatch(
      /^cannot-keep: /,
    );
    expect(edited(text, (draft) => setEdge(draft, { from: ["a"], to: ["a"] }, "failed"))).toMatch(/^cycle: /);
  });
});

describe("what a task does", () => {
  it("is changed in its place", () => {
    expect(edited(FLOW, (draft) => changeKind(draft, ["fetch"], "python", "return 1\nx\n"))).toBe(
      FLOW.replace("    shell: |\n      ls\n", "    python: |\n      return 1\n      x\n"),
    );
    expect(edited(FLOW, (draft) => changeKind(draft, ["warn"], "wait", "5m"))).toBe(
      FLOW.replace(/notify: .*/, "wait: 5m"),
    );
    expect(edited(FLOW, (draft) => changeKind(draft, ["warn"], "nothing", 1))).toMatch(/^unknown: /);
  });

  it("is code, line by line", () => {
    expect(edited(FLOW, (draft) => setCode(draft, ["fetch"], "ls\ncat x\n"))).toBe(
      FLOW.replace("      ls\n", "      ls\n      cat x\n"),
    );
    const long =
      "tasks:\n  a:\n    sql: { database: x, query: SELECT 1 }\n  b:\n    python:\n      call: x\n";
    expect(edited(long, (draft) => setCode(draft, ["a"], "SELECT 2, 3"))).toBe(
      long.replace("SELECT 1", '"SELECT 2, 3"'),
    );
    expect(edited(long, (draft) => setCode(draft, ["b"], "x"))).toMatch(/^unknown: /);
    const outcome = edit(FLOW, (draft) => setCode(draft, ["fetch"], "ls -l\n"));
    expect(outcome).toMatchObject({ splices: [{ insert: " -l" }] });
  });
});

it("several edits are one, with one list of splices", () => {
  const outcome = edit(FLOW, (draft) => {
    renameTask(draft, ["fetch"], "load");
    setEdge(draft, { from: ["load"], to: ["warn"] }, "failed");
    removeTasks(draft, [["table"]]);
  });
  if (isRefusal(outcome)) throw new Error(outcome.message);
  expect(outcome.document.text).toContain("    needs: { load: failed }\n");
  expect(
    edited(FLOW, (draft) => {
      renameTask(draft, ["fetch"], "load");
      renameTask(draft, ["fetch"], "load");
    }),
  ).toMatch(/^unknown: /);
});
