import { describe, expect, it } from "vitest";
import {
  type Anchor,
  anchorAround,
  anchorAtEnd,
  anchorFor,
  type Extent,
  LONGEST_TRACK,
  moved,
  RowHeights,
  rowsInView,
  scrollTopFor,
  trackHeight,
} from "./viewport";

const million: Extent = { rows: 1_000_000, rowHeight: 18, height: 400 };
const few: Extent = { rows: 5, rowHeight: 18, height: 400 };

describe("a million rows", () => {
  it("scroll over a track that every browser can hold", () => {
    expect(trackHeight(million, new RowHeights())).toBe(LONGEST_TRACK);
    expect(LONGEST_TRACK).toBeLessThan(16_000_000);
  });

  it("are all reached by the scroll bar", () => {
    const heights = new RowHeights();
    expect(anchorFor(0, million, heights)).toEqual({ row: 0, into: 0 });
    const end = anchorFor(LONGEST_TRACK - million.height, million, heights);
    expect(rowsInView(end, million, heights, 0).to).toBe(million.rows);
    expect(anchorFor(LONGEST_TRACK * 2, million, heights)).toEqual(end);
    const middle = anchorFor((LONGEST_TRACK - million.height) / 2, million, heights);
    expect(middle.row).toBeGreaterThan(499_900);
    expect(middle.row).toBeLessThan(500_100);
  });

  it("are found again from where the scroll bar stands", () => {
    const heights = new RowHeights();
    for (const row of [0, 1, 777, 123_456, 999_900]) {
      const top = scrollTopFor({ row, into: 5 }, million, heights);
      expect(Math.abs(anchorFor(top, million, heights).row - row)).toBeLessThanOrEqual(1);
    }
  });

  it("move pixel by pixel though the track is shorter", () => {
    const heights = new RowHeights();
    let anchor: Anchor = { row: 500_000, into: 0 };
    for (let step = 0; step < 18; step += 1) anchor = moved(anchor, 1, million, heights);
    expect(anchor).toEqual({ row: 500_001, into: 0 });
    expect(moved({ row: 0, into: 3 }, -100, million, heights)).toEqual({ row: 0, into: 0 });
    expect(moved({ row: 999_999, into: 0 }, 1e9, million, heights)).toEqual(anchorAtEnd(million, heights));
  });

  it("draw only what is in view", () => {
    const { from, to, above } = rowsInView({ row: 1000, into: 4 }, million, new RowHeights(), 10);
    expect([from, to]).toEqual([990, 1000 + 23 + 10]);
    expect(above).toBe(-184);
  });
});

describe("rows of different heights", () => {
  it("are counted in", () => {
    const heights = new RowHeights();
    expect(heights.set(3, 54, 18)).toBe(true);
    expect(heights.set(3, 54, 18)).toBe(false);
    expect(heights.set(1, 36, 18)).toBe(true);
    expect([0, 1, 2, 3, 4].map((row) => heights.offset(row, 18))).toEqual([0, 18, 54, 72, 126]);
    expect(heights.total(5, 18)).toBe(144);
    expect(heights.at(0, 5, 18)).toEqual({ row: 0, into: 0 });
    expect(heights.at(53, 5, 18)).toEqual({ row: 1, into: 35 });
    expect(heights.at(100, 5, 18)).toEqual({ row: 3, into: 28 });
    expect(heights.at(9999, 5, 18).row).toBe(4);
    heights.set(3, 18, 18);
    expect(heights.total(5, 18)).toBe(108);
    heights.clear();
    expect(heights.total(5, 18)).toBe(90);
  });

  it("do not move what is in view when those above are measured", () => {
    const heights = new RowHeights();
    const anchor = { row: 500, into: 7 };
    const before = rowsInView(anchor, million, heights, 0);
    heights.set(10, 90, 18);
    expect(rowsInView(anchor, million, heights, 0)).toEqual(before);
    expect(scrollTopFor(anchor, million, heights)).toBeGreaterThan(0);
  });
});

describe("few rows", () => {
  it("do not scroll", () => {
    const heights = new RowHeights();
    expect(trackHeight(few, heights)).toBe(400);
    expect(anchorFor(50, few, heights)).toEqual({ row: 0, into: 0 });
    expect(anchorAtEnd(few, heights)).toEqual({ row: 0, into: 0 });
    expect(rowsInView({ row: 0, into: 0 }, few, heights, 10)).toMatchObject({ from: 0, to: 5 });
  });

  it("may be none at all", () => {
    const none = { ...few, rows: 0 };
    expect(rowsInView(anchorAtEnd(none, new RowHeights()), none, new RowHeights(), 10)).toMatchObject({
      from: 0,
      to: 0,
    });
  });
});

describe("a row that is sought", () => {
  it("stands in the middle", () => {
    const heights = new RowHeights();
    const anchor = anchorAround(5000, million, heights);
    const offset = heights.offset(5000, 18) - (heights.offset(anchor.row, 18) + anchor.into);
    expect(offset).toBe(191);
    expect(anchorAround(0, million, heights)).toEqual({ row: 0, into: 0 });
    expect(anchorAround(5_000_000, million, heights)).toEqual(anchorAtEnd(million, heights));
  });
});
