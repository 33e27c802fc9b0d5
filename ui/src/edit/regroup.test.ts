import { describe, expect, it } from "vitest";
import { isRefusal } from "./draft";
import { groupTasks, moveTask, ungroup } from "./regroup";
import { edit, edited } from "./testing/testFlows";

const FLOW = `name: x
tasks:
  # Comes first.
  a:
    shell: ls   # list

  # Comes second.
  b:
    needs: [a, o]
    shell: |
      echo {{ not an expression }}

      wc

  o: { shell: ls }

  c:
    needs: { b: succeeded }
    value:
      last: "{{ tasks.b.output.x }} of {{ tasks.a.output }}"

output: '{{ tasks["b"].output }}'
`;

describe("tasks that are grouped", () => {
  it("move with their comments; what crosses the border follows", () => {
    expect(edited(FLOW, (draft) => groupTasks(draft, [["b"], ["a"]], "g"))).toBe(`name: x
tasks:
  g:
    needs: [o]
    tasks:
      # Comes first.
      a:
        shell: ls   # list

      # Comes second.
      b:
        needs: [a]
        shell: |
          echo {{ not an expression }}

          wc

  o: { shell: ls }

  c:
    needs: { g: succeeded }
    value:
      last: "{{ tasks.g.output.b.x }} of {{ tasks.g.output.a }}"

output: '{{ tasks.g.output.b }}'
`);
  });

  it("and ungrouped are what they were, but for the order", () => {
    const grouped = edited(FLOW, (draft) => groupTasks(draft, [["b"], ["a"]], "g"));
    expect(edited(grouped, (draft) => ungroup(draft, ["g"]))).toBe(
      FLOW.replace("needs: [a, o]", "needs: [a]")
        .replace("shell: ls   # list\n", "shell: ls   # list\n    needs: [o]\n")
        .replace('tasks["b"]', "tasks.b"),
    );
  });

  it("stand in braces where all do", () => {
    const text =
      "tasks: { a: { shell: ls }, b: { shell: ls }, c: { needs: [b], shell: '{{ tasks.a.output }}' } }\n";
    const grouped = edited(text, (draft) => groupTasks(draft, [["a"], ["b"]], "g"));
    expect(grouped).toBe(
      "tasks: { g: { tasks: { a: { shell: ls }, b: { shell: ls } } }, c: { needs: [g], shell: '{{ tasks.a.output }}' } }\n",
    );
    expect(edited(grouped, (draft) => ungroup(draft, ["g"]))).toBe(
      text.replace("needs: [b]", "needs: [a, b]"),
    );
  });

  it("are refused where the flow would not do the same", () => {
    const group = (tasks: string, names: string[], name = "g") =>
      edited(`tasks:\n${tasks}`, (draft) =>
        groupTasks(
          draft,
          names.map((one) => [one]),
          name,
        ),
      );
    const [a, b] = ["  a: { shell: ls }\n", "  b: { shell: ls }\n"];
    expect(
      group(`${a}${b}  c: { when: "{{ tasks.a.state == 'Failed' }}", shell: ls }\n`, ["a", "b"]),
    ).toMatch(/^cannot-keep: .*state/);
    expect(group(`${a}${b}  c: { needs: { a: failed }, shell: ls }\n`, ["a", "b"])).toMatch(
      /^cannot-keep: `\w+` waits for a failure of `a` alone: .* — take `\w+` into the group too, or leave `a` out/,
    );
    expect(group(`${a}${b}  c: { needs: { a: failed }, shell: ls }\n`, ["b", "c"])).toMatch(
      /^cannot-keep: only `c`.* — take `a` into the group too, or leave `c` out/,
    );
    expect(group(`${a}${b}  c: { needs: [a, b], join: any, shell: ls }\n`, ["a"])).toMatch(
      /^cannot-keep: .*joins any/,
    );
    expect(group(`${a}  b: { needs: [a], shell: ls }\n  c: { needs: [b], shell: ls }\n`, ["a", "c"])).toMatch(
      /^cycle: /,
    );
    expect(group(`${a}${b}`, ["a", "b"], "a")).toMatch(/^name-taken: /);
    expect(group(`${a}${b}`, ["a", "z"])).toMatch(/^unknown: /);
    expect(
      group(`${a}  c: { needs: { a: finished }, shell: ls }\n  d: { needs: [a], shell: ls }\n`, ["c", "d"]),
    ).toMatch(/^cannot-keep: .*as `finished` and as `succeeded`/);
    expect(
      group(`${a}  b: { needs: { a: failed }, shell: ls }\n  c: { needs: { a: failed }, shell: ls }\n`, [
        "b",
        "c",
      ]),
    ).toBe(
      `tasks:\n${a}  g:\n    needs: { a: failed }\n    tasks:\n      b: { shell: ls }\n      c: { shell: ls }\n`,
    );
  });

  it("show code that asks for them by their old place", () => {
    const text = 'tasks:\n  a: { shell: ls }\n  b:\n    python: return inputs["a"]\n    needs: [a]\n';
    const outcome = edit(text, (draft) => groupTasks(draft, [["a"]], "g"));
    if (isRefusal(outcome)) throw new Error(outcome.message);
    expect(outcome.notes).toMatchObject([{ kind: "code", task: ["b"], name: "a" }]);
    expect(outcome.tasks).toEqual([["g"]]);
  });
});

describe("a group that is taken apart", () => {
  const flow = (group: string, rest = "") => `tasks:\n  o: { shell: ls }\n${group}${rest}`;
  const inner = "    tasks:\n      a: { shell: ls }\n      b: { needs: [a], shell: ls }\n";

  it("keeps its comments, and gives its needs to those that begin", () => {
    const text = flow(
      `  # About g.\n  g: # here\n    needs: [o] # why\n${inner}    # the end\n`,
      '  z: { needs: [g], value: "{{ tasks.g.output.a.x }}" }\n',
    );
    expect(edited(text, (draft) => ungroup(draft, ["g"]))).toBe(
      flow(
        "  # About g.\n  # here\n  # why\n  a: { shell: ls, needs: [o] }\n  b: { needs: [a], shell: ls }\n  # the end\n",
        '  z: { needs: [b], value: "{{ tasks.a.output.x }}" }\n',
      ),
    );
  });

  it("may have a task of its own name", () => {
    expect(edited(flow("  g:\n    tasks:\n      g: { shell: ls }\n"), (draft) => ungroup(draft, ["g"]))).toBe(
      flow("  g: { shell: ls }\n"),
    );
  });

  it("is refused where something would be lost", () => {
    const take = (group: string, rest = "") => edited(flow(group, rest), (draft) => ungroup(draft, ["g"]));
    expect(take(`  g:\n    retries: 3\n${inner}`)).toMatch(/^cannot-keep: .*`retries`/);
    expect(take(`  g:\n${inner}`, '  z: { value: "{{ tasks.g.output }}" }\n')).toMatch(
      /^cannot-keep: .*as a whole/,
    );
    expect(take(`  g:\n${inner}`, "  z: { needs: { g: failed }, shell: ls }\n")).toMatch(/^cannot-keep: /);
    expect(take(`  g:\n${inner}`, "  a: { shell: ls }\n")).toMatch(/^name-taken: /);
    expect(edited(flow(""), (draft) => ungroup(draft, ["o"]))).toMatch(/^unknown: .*no group/);
  });
});

describe("a task that is moved", () => {
  it("within its group only changes its lines", () => {
    expect(edited(FLOW, (draft) => moveTask(draft, ["b"], { group: [], after: null }))).toBe(
      FLOW.replace(/ {2}# Comes second[\s\S]*wc\n\n/, "").replace(
        "tasks:\n",
        `tasks:\n${/ {2}# Comes second[\s\S]*wc\n\n/.exec(FLOW)?.[0]}`,
      ),
    );
    expect(edited(FLOW, (draft) => moveTask(draft, ["a"], { group: [], after: "o" }))).toBe(
      FLOW.replace(/ {2}# Comes first[\s\S]*list\n\n/, "").replace(
        "  c:\n",
        "  # Comes first.\n  a:\n    shell: ls   # list\n\n  c:\n",
      ),
    );
    expect(edited(FLOW, (draft) => moveTask(draft, ["a"], { group: [], after: null }))).toBe(FLOW);
    expect(edited(FLOW, (draft) => moveTask(draft, ["a"], { group: [] }))).toBe(
      FLOW.replace(/ {2}# Comes first[\s\S]*list\n\n/, "").replace(
        "\noutput",
        "\n  # Comes first.\n  a:\n    shell: ls   # list\n\noutput",
      ),
    );
    const flow = "tasks: { a: { shell: x }, b: { shell: y }, c: { shell: z } }";
    expect(edited(flow, (draft) => moveTask(draft, ["c"], { group: [], after: "a" }))).toBe(
      "tasks: { a: { shell: x }, c: { shell: z }, b: { shell: y } }",
    );
    expect(edited(flow, (draft) => moveTask(draft, ["a"], { group: [] }))).toBe(
      "tasks: { b: { shell: y }, c: { shell: z }, a: { shell: x } }",
    );
  });

  const text = `tasks:
  o: { shell: ls }
  m:
    # about m
    needs: [o]
    # about the code
    shell: |
      ls
  g:
    tasks:
      a: { value: "{{ tasks.m.output }}" }
  z:
    needs: [m]
    value: "{{ tasks.m.output }} {{ tasks.g.output.a }}"
`;

  it("into a group and out of it, takes its needs and readers along", () => {
    const into = edited(text, (draft) => moveTask(draft, ["m"], { group: ["g"], after: null }));
    expect(into).toBe(`tasks:
  o: { shell: ls }
  g:
    needs: [o]
    tasks:
      m:
        # about m
        # about the code
        shell: |
          ls
      a: { value: "{{ tasks.m.output }}" }
  z:
    needs: [g]
    value: "{{ tasks.g.output.m }} {{ tasks.g.output.a }}"
`);
    expect(edited(into, (draft) => moveTask(draft, ["g", "m"], { group: [], after: "o" }))).toBe(`tasks:
  o: { shell: ls }
  m:
    needs: [o]
    # about m
    # about the code
    shell: |
      ls
  g:
    needs: [o]
    tasks:
      a: { value: "{{ tasks.m.output }}" }
  z:
    needs: [g]
    value: "{{ tasks.m.output }} {{ tasks.g.output.a }}"
`);
  });

  it("is refused where an alias would come to repeat something else", () => {
    const tied = `tasks:
  a: { retries: &r 1, shell: ls }
  b: { retries: &r 2, shell: ls }
  c: { retries: *r, shell: ls }
`;
    const move = (after: string | null) =>
      edited(tied, (draft) => moveTask(draft, ["c"], { group: [], after }));
    expect(move("a")).toMatch(/^anchored: .*more than once/);
    const once = tied.replace("&r 1", "1");
    const moveOnce = (after: string | null) =>
      edited(once, (draft) => moveTask(draft, ["c"], { group: [], after }));
    expect(moveOnce("a")).toMatch(/^anchored: .*without its anchor/);
    expect(moveOnce("b")).toBe(once);
  });

  it("is refused where it cannot stand", () => {
    expect(edited(text, (draft) => moveTask(draft, ["g"], { group: ["g"] }))).toMatch(/^cycle: /);
    expect(edited(text, (draft) => moveTask(draft, ["o"], { group: ["m"] }))).toMatch(/^unknown: .*no group/);
    expect(edited(text, (draft) => moveTask(draft, ["o"], { group: ["g"] }))).toMatch(/^cycle: /);
    expect(
      edited(`${text}  a: { shell: ls }\n`, (draft) => moveTask(draft, ["a"], { group: ["g"] })),
    ).toMatch(/^name-taken: /);
  });
});
