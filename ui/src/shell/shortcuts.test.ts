import { expect, test } from "vitest";
import { fitting, type Shortcut, written } from "./shortcuts";

const press = (
  key: string,
  held: Partial<Record<"ctrlKey" | "metaKey" | "altKey" | "shiftKey", boolean>> = {},
) => written({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...held });

test("keys as the shortcuts write them", () => {
  expect(press("j")).toBe("J");
  expect(press("J", { shiftKey: true })).toBe("Shift J");
  expect(press("?", { shiftKey: true })).toBe("?");
  expect(press(" ")).toBe("Space");
  expect(press("k", { metaKey: true })).toBe("Mod K");
  expect(press("Enter", { ctrlKey: true })).toBe("Mod Enter");
});

const shortcut = (keys: string, says: string): Shortcut => ({ keys, says, group: "", run: () => {} });

test("a sequence wins over a single key, and the nearest over what stands around it", () => {
  const list = [shortcut("G R", "runs"), shortcut("R", "outer"), shortcut("R", "inner")];
  expect(fitting(list, "R", "G")?.says).toBe("runs");
  expect(fitting(list, "R", null)?.says).toBe("inner");
  expect(fitting(list, "X", "G")).toBeUndefined();
});
