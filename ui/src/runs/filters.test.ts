import { expect, test } from "vitest";
import { withQuery } from "../api/client";
import { parseSearch, stringifySearch } from "../shell/search";
import { asQuery, isFiltered, readRunFilters } from "./filters";

const read = (text: string) => readRunFilters(parseSearch(text));

test("filters come back from the address as they went in", () => {
  const filters = {
    flow: "orders-ingest",
    state: ["failed", "crashed"],
    within: "7d",
    parameter: ["region=eu", "note=a = b & c"],
    text: "timeout 10 s",
    sort: "longest" as const,
  };
  expect(read(stringifySearch({ ...filters }))).toEqual(filters);
});

test("one value of a list is a list", () => {
  expect(read("?state=failed")).toEqual({ state: ["failed"] });
});

test("what is not a filter is left out", () => {
  expect(read("?within=yesterday&since=soon&parameter=region&sort=newest&other=1&flow=")).toEqual({});
});

test("a time that was picked wins over a span", () => {
  expect(read("?within=7d&since=2026-03-24T15:00:00Z")).toEqual({ since: "2026-03-24T15:00:00Z" });
});

test("a span is asked for as the time it began, to the minute", () => {
  const now = Date.parse("2026-03-26T08:52:41Z");
  expect(asQuery({ within: "24h" }, now).since).toBe("2026-03-25T08:52:00.000Z");
  expect(asQuery({ within: "24h" }, now + 5_000)).toEqual(asQuery({ within: "24h" }, now));
});

test("the question repeats lists and leaves out what is not asked", () => {
  const query = asQuery({ state: ["failed", "crashed"], text: "a&b" }, 0);
  expect(withQuery("/runs", { ...query, cursor: null })).toBe("/runs?state=failed&state=crashed&text=a%26b");
});

test("an order is not a filter", () => {
  expect(isFiltered({ sort: "oldest" })).toBe(false);
  expect(isFiltered({ flow: "a" })).toBe(true);
});
