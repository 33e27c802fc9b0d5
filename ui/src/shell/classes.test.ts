// Every class that a stylesheet speaks of is one that some component has.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const SOURCES = join(import.meta.dirname, "..");

/** The texts of the files that are called so. */
const read = (called: RegExp) =>
  readdirSync(SOURCES, { recursive: true, encoding: "utf8" })
    .filter((name) => called.test(name) && !/\.test\.|schema\.d\.ts/.test(name))
    .map((name) => readFileSync(join(SOURCES, name), "utf8"));

/** Classes of the editor, the canvas and the charts, which are libraries' elements. */
const FOREIGN = /^(cm-|react-flow__|u-|dragging$)/;

test("no class is styled that no component has", () => {
  const sources = read(/\.tsx?$/);
  const texts = sources.flatMap((source) => source.match(/"[^"\n]*"|`[^`]*`/g) ?? []);
  const words = new Set(texts.flatMap((text) => text.split(/[^\w-]+/)));
  const beginnings = sources.flatMap((source) =>
    [...source.matchAll(/([\w-]+-)\$\{/g)].map((found) => found[1] ?? ""),
  );
  const styled = read(/\.css$/)
    .map((sheet) => sheet.replace(/\/\*[\s\S]*?\*\//g, ""))
    .flatMap((sheet) => [...sheet.matchAll(/\.([a-zA-Z][\w-]*)/g)].map((found) => found[1] ?? ""));
  const unused = [...new Set(styled)].filter(
    (name) => !FOREIGN.test(name) && !words.has(name) && !beginnings.some((begin) => name.startsWith(begin)),
  );
  expect(unused).toEqual([]);
});
