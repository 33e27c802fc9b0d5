import fc from "fast-check";
import { expect, it } from "vitest";
import { apply, compose, invert, type Splice, tidy } from "./splice";

const letters = fc.string({ unit: fc.constantFrom("a", "b", "\n", "\r\n", "😀"), maxLength: 12 });

function splicesOf(length: number): fc.Arbitrary<Splice[]> {
  return fc
    .array(fc.tuple(fc.nat(length), fc.nat(length), fc.string({ maxLength: 3 })), { maxLength: 4 })
    .map((drawn) => {
      const places = drawn
        .flatMap(([from, to]) => [from, to] as const)
        .toSorted((left, right) => left - right);
      return drawn.map(([, , insert], at) => ({
        from: places[2 * at] ?? 0,
        to: places[2 * at + 1] ?? 0,
        insert,
      }));
    });
}

it("splices are undone, and two lists become one", () => {
  const drawn = letters.chain((text) =>
    splicesOf(text.length).chain((first) =>
      splicesOf(apply(text, first).length).map((second) => ({ text, first, second })),
    ),
  );
  fc.assert(
    fc.property(drawn, ({ text, first, second }) => {
      const between = apply(text, first);
      const after = apply(between, second);
      expect(apply(between, invert(text, first))).toBe(text);
      expect(apply(text, tidy(text, first))).toBe(between);
      const both = compose(first, second);
      expect(apply(text, both)).toBe(after);
      expect(apply(after, invert(text, both))).toBe(text);
    }),
    { seed: 7, numRuns: 500 },
  );
});
