import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Live } from "./live";
import type { Move } from "./types";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const move = (run: string, number = 0, sequence = 1): Move => ({
  sequence,
  run,
  flow: "f",
  name: run,
  number,
  node: null,
  parent: null,
  index: null,
  items: null,
  attempt: 1,
  from: "Pending",
  to: "Running",
  at: "2026-03-26T08:00:00.000Z",
  message: null,
});

const told = (moves: Move[]) => ({ event: "transitions", data: JSON.stringify({ moves }), id: "1" });

function start() {
  const client = new QueryClient();
  const old = vi.spyOn(client, "invalidateQueries").mockResolvedValue();
  const live = new Live(client);
  const keys = () => old.mock.calls.map(([filter]) => filter?.queryKey?.join("/") ?? "all");
  return { live, keys };
}

test("moves come in batches, in order, at most ten a second", () => {
  const { live } = start();
  const batches: number[][] = [];
  live.listen((moves) => batches.push(moves.map((one) => one.sequence)));
  for (let sequence = 1; sequence <= 1000; sequence++) {
    live.take(told([move("a", 1, sequence)]));
    vi.advanceTimersByTime(1);
  }
  vi.advanceTimersByTime(100);
  expect(batches.length).toBeGreaterThan(5);
  expect(batches.length).toBeLessThanOrEqual(10);
  expect(batches.flat()).toEqual(Array.from({ length: 1000 }, (_, at) => at + 1));
});

test("an answer is asked for anew once a second however much happens, and once after it ended", () => {
  const { live, keys } = start();
  for (let at = 0; at < 30; at++) {
    live.take(told([move("a", 1)]));
    vi.advanceTimersByTime(100);
  }
  vi.advanceTimersByTime(2000);
  const asked = keys().filter((key) => key === "run/a").length;
  expect(asked).toBeGreaterThanOrEqual(3);
  expect(asked).toBeLessThanOrEqual(4);
});

test("what a task does leaves the lists alone; what a run does not", () => {
  const { live, keys } = start();
  live.take(told([move("a", 3)]));
  vi.advanceTimersByTime(200);
  expect(keys().sort()).toEqual(["overview", "run/a"]);
  live.take(told([move("a", 0)]));
  vi.advanceTimersByTime(2000);
  expect(keys()).toEqual(expect.arrayContaining(["flows", "flow/f", "histogram"]));
});

test("a gap in the stream makes everything old and is told", () => {
  const { live, keys } = start();
  const gap = vi.fn();
  live.listen(() => {}, gap);
  live.take({ event: "missed", data: '{"from":1,"to":9,"count":8}', id: "9" });
  expect(keys()).toEqual(["all"]);
  expect(gap).toHaveBeenCalledOnce();
});

test("an answer that is asked for the first time when its run moves is asked for again", async () => {
  const client = new QueryClient();
  const live = new Live(client);
  const answers = ["Running", "Completed"];
  let asked = 0;
  const observer = new QueryObserver(client, {
    queryKey: ["run", "a"],
    // It was made before the move, and is long under way.
    queryFn: () => {
      const answer = answers[asked];
      asked += 1;
      return new Promise((resolve) => setTimeout(() => resolve(answer), 400));
    },
  });
  const stop = observer.subscribe(() => {});
  live.take(told([move("a")]));
  await vi.advanceTimersByTimeAsync(3000);
  expect(observer.getCurrentResult().data).toBe("Completed");
  expect(asked).toBe(2);
  stop();
});

test("who no longer listens hears nothing", () => {
  const { live } = start();
  const heard = vi.fn();
  live.listen(heard)();
  live.take(told([move("a")]));
  vi.advanceTimersByTime(500);
  expect(heard).not.toHaveBeenCalled();
});
