// The engine reads flow files with another parser: one list of scalars says what both must read.

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { readYaml } from "./tree";

interface Vector {
  yaml: string;
  type: string;
  value?: unknown;
}

const file = new URL("../../../tests/vectors/yaml-scalars.json", import.meta.url);
const { scalars } = JSON.parse(readFileSync(file, "utf8")) as { scalars: Vector[] };

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "number" && !Number.isFinite(value)) return "not-finite";
  return typeof value;
}

it("scalars resolve as the shared vectors say", () => {
  expect(scalars.length).toBeGreaterThan(60);
  for (const { yaml, type, value } of scalars) {
    const reading = readYaml(`- ${yaml}\n`);
    if ("failure" in reading || reading.node?.kind !== "list") throw new Error(yaml);
    const found = reading.node.items[0]?.value;
    if (found?.kind !== "scalar") throw new Error(yaml);
    // Both are numbers here.
    const expected = type === "integer" || type === "float" ? "number" : type;
    expect([yaml, kindOf(found.value)]).toEqual([yaml, expected]);
    if (value !== undefined) expect([yaml, found.value]).toEqual([yaml, value]);
  }
});
