import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Move } from "../api/types";
import { Pager, type Source } from "./pager";

interface Row {
  id: string;
  state: string;
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const news = { run: "new", to: "Running" } as Move;
const settle = () => vi.advanceTimersByTimeAsync(0);

function listed(rows: Row[]) {
  const asked: (string | null)[] = [];
  const source: Source<Row> = {
    newest: true,
    id: (row) => row.id,
    fetch: async (limit, cursor) => {
      asked.push(cursor);
      const from = Number(cursor ?? 0);
      const to = from + limit;
      return { rows: rows.slice(from, to), next: to < rows.length ? String(to) : null };
    },
    take: (move, find) => {
      const row = find(move.run);
      if (!row) return "news";
      return move.to === "Cancelled" ? { gone: row.id } : { row: { ...row, state: move.to } };
    },
  };
  return { pager: new Pager(source), asked, rows };
}

const many = (n: number): Row[] =>
  Array.from({ length: n }, (_, at) => ({ id: `r${at}`, state: "Completed" }));

test("gets only as many pages as someone looks at", async () => {
  const { pager, asked } = listed(many(100_000));
  const close = pager.open();
  await settle();
  expect(asked).toEqual([null]);
  pager.want(1_700);
  await settle();
  expect(asked).toEqual([null, "200", "1200", "1400", "1600"]);
  expect(pager.at(1_700)?.id).toBe("r1700");
  expect(pager.at(50_000)).toBeUndefined();
  close();
});

test("goes on getting pages where someone looked before it was opened", async () => {
  const { pager, asked } = listed(many(1000));
  pager.want(100);
  const close = pager.open();
  await settle();
  pager.want(500);
  await settle();
  expect(asked).toEqual([null, "200", "400"]);
  close();
});

test("a move changes the row where it stands, without asking", async () => {
  const { pager, asked } = listed(many(10));
  const close = pager.open();
  await settle();
  const seen = pager.version();
  pager.take([{ run: "r4", to: "Failed" } as Move]);
  expect(pager.at(4)?.state).toBe("Failed");
  expect(pager.version()).toBeGreaterThan(seen);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(asked.length).toBe(1);
  close();
});

test("a row that belongs to the list no longer goes, and its place with it", async () => {
  const { pager, asked } = listed(many(10));
  const close = pager.open();
  await settle();
  pager.take([{ run: "r4", to: "Cancelled" } as Move]);
  expect(pager.ids(3, 5)).toEqual(["r3", "r5", "r6"]);
  expect(pager.has("r4")).toBe(false);
  expect(pager.length).toBe(9);
  expect(asked.length).toBe(1);
  close();
});

test("a row that comes into the list stands where the answer has it, and what left it is not kept", async () => {
  const { pager, rows } = listed(many(700));
  const close = pager.open();
  await settle();
  rows.splice(2, 1, { id: "back", state: "Failed" });
  rows.unshift({ id: "new", state: "Running" });
  pager.take([news]);
  await vi.advanceTimersByTimeAsync(1_100);
  expect(pager.ids(0, 4)).toEqual(["new", "r0", "r1", "back", "r3"]);
  expect(pager.has("r2")).toBe(false);
  expect(pager.length).toBe(201);
  close();
});

test("new rows come in at the head, with one question for many moves", async () => {
  const { pager, asked, rows } = listed(many(700));
  const close = pager.open();
  await settle();
  rows.unshift({ id: "new", state: "Running" }, { id: "newer", state: "Running" });
  for (let at = 0; at < 50; at++) pager.take([news]);
  await vi.advanceTimersByTimeAsync(1_100);
  expect(asked.length).toBe(2);
  expect(pager.ids(0, 2)).toEqual(["new", "newer", "r0"]);
  expect(pager.length).toBe(202);
  close();
});

test("where nothing at the head is known, the list begins anew", async () => {
  const { pager, rows } = listed(many(300));
  const close = pager.open();
  await settle();
  rows.unshift(...Array.from({ length: 150 }, (_, at) => ({ id: `n${at}`, state: "Running" })));
  pager.take([news]);
  await vi.advanceTimersByTimeAsync(1_100);
  expect(pager.at(0)?.id).toBe("n0");
  expect(pager.length).toBe(100);
  pager.want(449);
  await settle();
  expect(pager.length).toBe(450);
  expect(new Set(pager.ids(0, 449)).size).toBe(450);
  close();
});

test("a list that is opened twice, as in development, is got once", async () => {
  const { pager } = listed(many(20));
  pager.open()();
  const close = pager.open();
  await settle();
  expect(pager.ids(0, 99)).toEqual(many(20).map((row) => row.id));
  expect(pager.ended).toBe(true);
  close();
});

test("an error stays until it is tried again", async () => {
  const { pager } = listed(many(3));
  const failing = new Pager<Row>({
    newest: true,
    id: (row) => row.id,
    take: () => null,
    fetch: vi
      .fn()
      .mockRejectedValueOnce(new Error("no"))
      .mockResolvedValue({ rows: many(3), next: null }),
  });
  const close = failing.open();
  await settle();
  expect(failing.error).toBeInstanceOf(Error);
  failing.retry();
  await settle();
  expect(failing.error).toBeNull();
  expect(failing.length).toBe(3);
  close();
  pager.open()();
});
