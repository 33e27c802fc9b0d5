import { describe, expect, it } from "vitest";
import { copyTasks, duplicateTasks, pasteTasks } from "./clipboard";
import { isRefusal } from "./draft";
import { edit, edited, open } from "./testing/testFlows";

const FLOW = `tasks:
  # First.
  a:
    shell: |
      ls

  b: # second
    needs: [a, c]
    value: "{{ tasks.a.output }}"

  c: { shell: ls }
`;

describe("tasks as text", () => {
  it("are copied with their comments, at the first column, in the order of the file", () => {
    expect(copyTasks(open(FLOW), [["b"], ["a"]])).toBe(
      `# First.\na:\n  shell: |\n    ls\n\nb: # second\n  needs: [a, c]\n  value: "{{ tasks.a.output }}"\n`,
    );
    expect(copyTasks(open(FLOW.replaceAll("\n", "\r\n")), [["c"]])).toBe("c: { shell: ls }\n");
    expect(copyTasks(open("tasks: { a: { shell: ls, needs: [b] } }"), [["a"]])).toBe(
      "a:\n  shell: ls\n  needs: [b]\n",
    );
    expect(copyTasks(open("x: &r { max: 3 }\ntasks:\n  a: { retries: *r, shell: ls }\n"), [["a"]])).toBe(
      "a:\n  retries: { max: 3 }\n  shell: ls\n",
    );
    expect(copyTasks(open("tasks:\n  g:\n    tasks:\n      a: { shell: ls }\n"), [["g", "a"], ["g"]])).toBe(
      "g:\n  tasks:\n    a: { shell: ls }\n",
    );
  });

  it("may be called as a kind is", () => {
    const flow = "tasks:\n  approve:\n    approve: go on?\n";
    expect(edited(flow, (draft) => duplicateTasks(draft, [["approve"]]))).toBe(
      `${flow}  approve_2:\n    approve: go on?\n`.replace("  approve_2", "\n  approve_2"),
    );
    expect(
      edited(flow, (draft) => pasteTasks(draft, { group: [] }, "approve: { message: sure? }\n")),
    ).toContain("approve_2:\n    approve: { message: sure? }");
  });

  it("are pasted under names that are free, what they say of each other follows", () => {
    const text = copyTasks(open(FLOW), [["a"], ["b"]]);
    expect(edited(FLOW, (draft) => pasteTasks(draft, { group: [], after: "c" }, text))).toBe(`${FLOW}
  # First.
  a_2:
    shell: |
      ls

  b_2: # second
    needs: [a_2, c]
    value: "{{ tasks.a_2.output }}"
`);
    expect(edited(FLOW, (draft) => duplicateTasks(draft, [["c"]]))).toBe(`${FLOW}\n  c_2: { shell: ls }\n`);
    const twice = edited(FLOW, (draft) => {
      duplicateTasks(draft, [["c"]]);
      duplicateTasks(draft, [["c_2"]]);
    });
    expect(twice).toBe(`${FLOW}\n  c_2: { shell: ls }\n\n  c_3: { shell: ls }\n`);
  });

  it("may be a task alone, a map in braces, or a whole flow", () => {
    const paste = (text: string, into = "tasks:\n  a: { shell: ls }\n  b: { shell: ls }\n") =>
      edited(into, (draft) => pasteTasks(draft, { group: [] }, text));
    const base = "tasks:\n  a: { shell: ls }\n  b: { shell: ls }\n";
    expect(paste("shell: ls\nretries: 3\n")).toBe(`${base}  shell:\n    shell: ls\n    retries: 3\n`);
    expect(paste("{ wait: 5m }")).toBe(`${base}  wait: { wait: 5m }\n`);
    expect(paste("{ x: { wait: 5m }, y: { wait: 1m } }")).toBe(
      `${base}  x: { wait: 5m }\n  y: { wait: 1m }\n`,
    );
    expect(paste("name: other\n\ntasks:\n    x:\n        shell: ls\n")).toBe(
      `${base}  x:\n      shell: ls\n`,
    );
    expect(paste("  x:\n    shell: ls\n\n")).toBe(`${base}  x:\n    shell: ls\n`);
    expect(paste("x:\n  shell: ls\n", "name: y\n")).toBe("name: y\n\ntasks:\n  x:\n    shell: ls\n");
    expect(paste("x: { shell: ls }\n", "tasks: { a: { shell: y } }\n")).toBe(
      "tasks: { a: { shell: y }, x: { shell: ls } }\n",
    );
    expect(paste("x:\n  retries: &r 3\n  shell: ls\ny: { retries: *r, shell: ls }\n")).toBe(
      `${base}  x:\n    retries: 3\n    shell: ls\n  y: { retries: 3, shell: ls }\n`,
    );
    expect(paste("just text")).toMatch(/^not-yaml: /);
    expect(paste("a: [")).toMatch(/^not-yaml: /);
    expect(paste("x: { retries: *r, shell: ls }")).toMatch(/^anchored: /);
  });

  it("need nothing that is not there, and say what they do not need any more", () => {
    const outcome = edit("tasks:\n  z: { shell: ls }\n", (draft) =>
      pasteTasks(draft, { group: [] }, "x:\n  needs: [z, gone]\n  shell: ls\n"),
    );
    if (isRefusal(outcome)) throw new Error(outcome.message);
    expect(outcome.document.text).toBe(
      "tasks:\n  z: { shell: ls }\n  x:\n    needs: [z]\n    shell: ls\n".replace("\n  x", "\n\n  x"),
    );
    expect(outcome.notes).toMatchObject([{ kind: "dropped-need", task: ["x"], name: "gone" }]);
    expect(outcome.tasks).toEqual([["x"]]);
  });
});
