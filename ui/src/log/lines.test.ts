import { describe, expect, it } from "vitest";
import type { LogLine, LogPage } from "../api/types";
import { LogLines, type LogQuery, PAGE, within } from "./lines";

/** A log of `count` lines beginning at `first`; every third is of `fetch[n]`, the others of `load`. */
function logOf(count: number, first = 1): { ask: (query: LogQuery) => Promise<LogPage>; asked: LogQuery[] } {
  const asked: LogQuery[] = [];
  const line = (number: number): LogLine => ({
    number,
    at: "2026-01-01T00:00:00.000Z",
    path: number % 3 === 0 ? `fetch[${number % 7}]` : "load",
    stream: "stdout",
    attempt: 1,
    text: `line ${number}`,
    continues: false,
  });
  const all = Array.from({ length: count }, (_, index) => line(first + index));
  const ask = async (query: LogQuery): Promise<LogPage> => {
    asked.push(query);
    const own = all.filter((entry) => within(entry.path, query.task ?? null));
    const lines = query.tail
      ? own.slice(-query.tail)
      : own.filter((entry) => entry.number >= (query.from ?? 1)).slice(0, query.limit ?? 1000);
    return {
      lines,
      total: own.length,
      first: own[0]?.number ?? null,
      last: own.at(-1)?.number ?? null,
      matches: null,
      more: false,
    };
  };
  return { ask, asked };
}

async function settled(lines: LogLines): Promise<void> {
  let before = -1;
  while (before !== lines.version()) {
    before = lines.version();
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    await new Promise((resolve) => setTimeout(resolve));
  }
}

describe("a whole log", () => {
  it("fetches only what is looked at, anywhere", async () => {
    const { ask, asked } = logOf(1_000_000);
    const lines = new LogLines(ask, null);
    lines.want(0, 30);
    await settled(lines);
    expect(lines.rows).toBe(1_000_000);
    lines.want(700_010, 700_040);
    await settled(lines);
    expect(lines.line(700_010)?.number).toBe(700_011);
    expect(lines.line(300_000)).toBeUndefined();
    expect(asked).toEqual([
      { from: 1, limit: PAGE },
      { from: 700_001, limit: PAGE },
    ]);
    expect(await lines.rowOf(999_999)).toBe(999_998);
    expect(await lines.rowOf(1_000_001)).toBeNull();
  });

  it("may begin later than at line 1", async () => {
    const { ask } = logOf(1200, 5001);
    const lines = new LogLines(ask, null);
    lines.want(0, 30);
    await settled(lines);
    expect(lines.line(0)?.number).toBe(5001);
    lines.want(1100, 1130);
    await settled(lines);
    expect(lines.line(1199)?.number).toBe(6200);
    expect(await lines.rowOf(17)).toBeNull();
  });

  it("grows by what comes, once", async () => {
    const { ask } = logOf(10);
    const lines = new LogLines(ask, null);
    lines.want(0, 30);
    await settled(lines);
    expect(lines.next).toBe(11);
    const line = { ...(lines.line(9) as LogLine), number: 11 };
    lines.append([line, line, { ...line, number: 4 }]);
    expect(lines.rows).toBe(11);
    expect(lines.line(10)?.number).toBe(11);
    expect(lines.line(3)?.number).toBe(4);
  });

  it("forgets what is far away", async () => {
    const { ask } = logOf(100 * PAGE);
    const lines = new LogLines(ask, null);
    for (let page = 0; page < 100; page += 1) {
      lines.want(page * PAGE, page * PAGE + 30);
      await settled(lines);
    }
    expect(lines.line(0)).toBeUndefined();
    expect(lines.line(99 * PAGE)?.number).toBe(99 * PAGE + 1);
  });

  it("says why it has nothing", async () => {
    const lines = new LogLines(async () => Promise.reject(new Error("the run is gone")), null);
    lines.want(0, 30);
    await settled(lines);
    expect(lines.failure).toBe("the run is gone");
    expect(lines.rows).toBe(0);
  });
});

describe("a task's log", () => {
  it("reads on from page to page, and the end from the end", async () => {
    const { ask, asked } = logOf(60_000);
    const lines = new LogLines(ask, "fetch");
    lines.want(0, 30);
    await settled(lines);
    expect(lines.rows).toBe(20_000);
    expect(lines.line(1)?.number).toBe(6);
    lines.want(19_970, 20_000);
    await settled(lines);
    expect(lines.line(19_999)?.number).toBe(60_000);
    expect(asked).toHaveLength(2);
    lines.want(12_000, 12_030);
    await settled(lines);
    expect(lines.line(12_000)?.number).toBe(36_003);
  });

  it("finds the row of a line", async () => {
    const { ask } = logOf(60_000);
    const lines = new LogLines(ask, "fetch");
    expect(await lines.rowOf(30_003)).toBe(10_000);
    expect(lines.line(10_000)?.number).toBe(30_003);
    expect(await lines.rowOf(30_004)).toBeNull();
    expect(await lines.rowOf(60_000)).toBe(19_999);
    expect(await lines.rowOf(70_000)).toBeNull();
  });

  it("grows by its own lines only", async () => {
    const { ask } = logOf(9);
    const lines = new LogLines(ask, "fetch");
    lines.want(0, 30);
    await settled(lines);
    const line = lines.line(0) as LogLine;
    lines.append([
      { ...line, number: 10, path: "fetching" },
      { ...line, number: 11, path: "fetch/inner" },
    ]);
    expect(lines.rows).toBe(4);
    expect(lines.line(3)?.number).toBe(11);
  });
});
