import { expect, test } from "vitest";
import { lineHash, linesOf } from "./address";

test("lines are read from an address as they are written into it", () => {
  expect(lineHash(7)).toBe("L7");
  expect(lineHash(7, 9)).toBe("L7-L9");
  expect(linesOf("L7")).toEqual({ from: 7, to: 7 });
  expect(linesOf("L7-L9")).toEqual({ from: 7, to: 9 });
  expect(linesOf("L9-L7")).toEqual({ from: 9, to: 9 });
});

test("what is no line leads nowhere", () => {
  for (const hash of ["", "L", "Lx", "7", "L7x", "L7-", "L1234567890123", "variables"])
    expect(linesOf(hash)).toBeNull();
});
