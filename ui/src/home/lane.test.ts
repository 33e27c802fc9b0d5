import { expect, test } from "vitest";
import { hours, lane } from "./lane";

const now = new Date(2026, 2, 26, 8, 52);
const at = (hours: number) => new Date(now.getTime() + hours * 3_600_000).toISOString();
const flow = (next: string[], triggers: string[] = []) => ({
  schedules: [{ text: "cron", paused: false, next }],
  triggers,
});

test("a few times carry their words, many are ticks", () => {
  expect(lane(flow([at(6)]), now).marks).toEqual([{ left: 25, text: "14:52" }]);
  const many = lane(flow(Array.from({ length: 90 }, (_, step) => at(step / 4 + 0.25))), now);
  expect(many.marks).toEqual([]);
  expect(many.ticks.length).toBe(90);
});

test("what is not within a day says when it is", () => {
  expect(lane(flow([at(48)]), now).text).toBe("not within a day · next Sat 08:52");
  expect(lane(flow([], ["file inbox/*.pdf"]), now).text).toBe("whenever file inbox/*.pdf");
  expect(lane(flow([]), now)).toEqual({ marks: [], ticks: [], text: null });
});

test("every third hour stands on the axis, midnight with its day", () => {
  expect(hours(now).map((hour) => hour.text)).toEqual(["12", "15", "18", "21", "Fri 00", "03", "06"]);
});
