import { expect, test } from "vitest";
import { pieces, ranked } from "./rank";

test("a beginning is better than a word, and a word than a middle", () => {
  const names = ["wholesales", "daily-sales", "sales-nightly", "orders"];
  expect(ranked(names, "Sales", (one) => one)).toEqual(["sales-nightly", "daily-sales", "wholesales"]);
});

test("the text is cut at each place, whatever signs are typed", () => {
  expect(pieces("a.b.c", ".").map((piece) => piece.text)).toEqual(["a", ".", "b", ".", "c"]);
  expect(pieces("Sales sale", "sale").filter((piece) => piece.hit)).toEqual([
    { from: 0, text: "Sale", hit: true },
    { from: 6, text: "sale", hit: true },
  ]);
  expect(pieces("abc", "")).toEqual([{ from: 0, text: "abc", hit: false }]);
});
