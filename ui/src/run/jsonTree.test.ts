import { describe, expect, it } from "vitest";
import { ENTRIES, entriesOf, kindOf, LONGEST_TEXT, shownText, summary, TEXT } from "./jsonTree";

describe("a value", () => {
  it("shows only some of many entries", () => {
    const list = Array.from({ length: 100_000 }, (_, at) => at);
    expect(entriesOf(list, ENTRIES)).toHaveLength(ENTRIES);
    expect(summary(list)).toBe("100000 items");
    const keys = Object.fromEntries(list.slice(0, 5000).map((at) => [`k${at}`, at]));
    expect(entriesOf(keys, ENTRIES)).toHaveLength(ENTRIES);
  });

  it("shows only some of a long text", () => {
    const text = "x".repeat(1_000_000);
    expect(shownText(text, false)).toEqual({ text: "x".repeat(TEXT), left: 1_000_000 - TEXT });
    expect(shownText(text, true).text).toHaveLength(LONGEST_TEXT);
    expect(shownText("short", false)).toEqual({ text: "short", left: 0 });
    expect(shownText("a\u001b[1m\nb", false).text).toBe("a\\u001b[1m\nb");
    expect(summary({ long: text }).length).toBeLessThan(60);
  });

  it("is said in short", () => {
    expect(summary({})).toBe("{}");
    expect(summary([])).toBe("[]");
    expect(summary([1])).toBe("1 item");
    expect(summary({ city: "Oslo", temp: 4.9, at: "2026", more: 1 })).toBe(
      '{ city: "Oslo", temp: 4.9, at: "2026", … }',
    );
    expect(summary({ rows: [1, 2], max: 3 })).toBe("{ max: 3, … }");
    expect(kindOf(null)).toBe("word");
  });

  it("keeps names that are keys of every object", () => {
    const value = JSON.parse('{"__proto__": 1, "constructor": {"x": 2}}');
    expect(entriesOf(value, 10).map((entry) => entry.name)).toEqual(["__proto__", "constructor"]);
    expect(entriesOf(value, 10)[0]?.value).toBe(1);
  });
});
