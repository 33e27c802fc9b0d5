import { Text } from "@codemirror/state";
import { expect, it } from "vitest";
import { apply } from "../../edit/splice";
import { inEditor, inFile, typedSplices } from "./offsets";

const FILE = "a: 1\r\nb: 2\nc: 3\r\n";

it("counts every line break once in the editor", () => {
  expect([...FILE].flatMap((sign, at) => (/[abc]/.test(sign) ? [inEditor(FILE)(at)] : []))).toEqual([
    0, 5, 10,
  ]);
  expect([0, 5, 10].map(inFile(FILE)).map((at) => FILE[at])).toEqual(["a", "b", "c"]);
});

it("writes what is typed with the file's line breaks", () => {
  const splices = typedSplices(FILE, "\r\n", [{ from: 9, to: 9, insert: Text.of(["", "x: 9"]) }]);
  expect(apply(FILE, splices)).toBe("a: 1\r\nb: 2\r\nx: 9\nc: 3\r\n");
});
