import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lineChanges, linesOf } from "./lineDiff";
import { merge, settle } from "./merge";

describe("a merge", () => {
  const base = "a: 1\nb: 2\nc: 3\nd: 4\n";

  it("takes changes of different lines together", () => {
    const merged = merge(base, base.replace("1", "9"), base.replace("4", "8"));
    expect(merged.text).toBe("a: 9\nb: 2\nc: 3\nd: 8\n");
    expect(merge(base, base.replace("b: 2\n", ""), base.replace("c: 3", "c: 3 # x")).text).toBe(
      "a: 1\nc: 3 # x\nd: 4\n",
    );
    expect(merge(base, `# mine\n${base}`, `${base}# theirs\n`).text).toBe(`# mine\n${base}# theirs\n`);
    expect(merge(base, base, "").text).toBe("");
  });

  it("takes the same change once", () => {
    const both = base.replace("2", "7");
    expect(merge(base, both, both).text).toBe(both);
  });

  it("shows both sides where the same lines changed, and loses nothing", () => {
    const merged = merge(
      base,
      base.replace("b: 2", "b: mine"),
      base.replace("b: 2", "b: theirs").replace("4", "8"),
    );
    expect(merged.text).toBeNull();
    expect(merged.regions).toEqual([
      { kind: "agreed", text: "a: 1\n" },
      { kind: "conflict", base: "b: 2\n", mine: "b: mine\n", theirs: "b: theirs\n" },
      { kind: "agreed", text: "c: 3\nd: 8\n" },
    ]);
    expect(settle(merged.regions, ["theirs"])).toBe("a: 1\nb: theirs\nc: 3\nd: 8\n");
    expect(settle(merged.regions, ["both"])).toBe("a: 1\nb: mine\nb: theirs\nc: 3\nd: 8\n");
    expect(settle(merged.regions, [])).toBe("a: 1\nb: mine\nc: 3\nd: 8\n");
  });

  it("does not guess the order of two that were put in at one place", () => {
    expect(merge(base, `${base}e: 5\n`, `${base}f: 6\n`).text).toBeNull();
    expect(merge("", "a\n", "b\n").regions).toEqual([
      { kind: "conflict", base: "", mine: "a\n", theirs: "b\n" },
    ]);
  });

  const line = fc.constantFrom("a\n", "b\n", "c\n", "d: 1\n", "\n");
  const text = fc.array(line, { maxLength: 12 }).map((lines) => lines.join(""));

  it("of any texts has every line of both sides, or the base's that both took out", () => {
    fc.assert(
      fc.property(text, text, text, (old, mine, theirs) => {
        const { regions } = merge(old, mine, theirs);
        const side = (name: "base" | "mine" | "theirs") =>
          regions.map((region) => (region.kind === "agreed" ? "" : region[name])).join("");
        expect(side("mine").length).toBeLessThanOrEqual(mine.length);
        expect(merge(old, mine, old).text).toBe(mine);
        expect(merge(old, old, theirs).text).toBe(theirs);
        expect(merge(old, mine, mine).text).toBe(mine);
        expect(merge(old, mine, theirs).text).toBe(merge(old, theirs, mine).text);
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  it("stands on changes that lead from one text to the other", () => {
    fc.assert(
      fc.property(text, text, (left, right) => {
        const [one, other] = [linesOf(left), linesOf(right)];
        let done = "";
        let at = 0;
        for (const { from, to, start, end } of lineChanges(one, other)) {
          done += one.slice(at, from).join("") + other.slice(start, end).join("");
          at = to;
        }
        expect(done + one.slice(at).join("")).toBe(right);
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  it("of files that have little in common does not take long", () => {
    const many = (word: string) => Array.from({ length: 10_000 }, (_, at) => `${word} ${at}\n`).join("");
    const start = performance.now();
    expect(merge(many("a"), many("b"), many("c")).text).toBeNull();
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});
