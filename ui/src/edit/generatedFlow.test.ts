import { expect, it } from "vitest";
import { parse } from "yaml";
import { toJson } from "./json";
import { cut } from "./parts";
import { generatedFlow } from "./testing/generatedFlow";
import { open } from "./testing/testFlows";
import { type Node, readYaml } from "./tree";

/** The tree as plain values, places and all. */
function plain(node: Node | null): unknown {
  if (!node) return null;
  const { kind, start, from, to, anchor } = node;
  const place = { kind, start, from, to, anchor };
  if (node.kind === "map") {
    const entries = node.entries.map((entry) => ({
      ...{ name: entry.name, start: entry.start, colon: entry.colon },
      ...{ key: plain(entry.key), value: plain(entry.value) },
    }));
    return { ...place, flow: node.flow, entries };
  }
  if (node.kind === "list") {
    return { ...place, flow: node.flow, items: node.items.map((item) => [item.start, plain(item.value)]) };
  }
  return node.kind === "alias"
    ? { ...place, name: node.name }
    : { ...place, value: node.value, style: node.style };
}

/** Whether every key, colon and dash stands where the tree says. */
function isPlaced(text: string, node: Node): boolean {
  if (node.kind === "map") {
    return node.entries.every(({ name, key, colon, value }) => {
      const isKey = text.slice(key.from, key.to).replace(/^["']|["']$/g, "") === name;
      return isKey && text[colon - 1] === ":" && value.start >= colon && isPlaced(text, value);
    });
  }
  if (node.kind === "list") {
    return node.items.every(
      ({ start, value }) => (node.flow || text[start] === "-") && isPlaced(text, value),
    );
  }
  if (node.kind === "alias") return text.slice(node.from, node.to) === `*${node.name}`;
  return node.style !== "plain" || text.slice(node.from, node.to) === String(node.value);
}

it("flows are read by parts as they are read whole", { timeout: 30_000 }, () => {
  let byParts = 0;
  for (let seed = 0; seed < 200; seed += 1) {
    const text = generatedFlow(seed);
    const whole = readYaml(text);
    if ("failure" in whole) throw new Error(`seed ${seed}: ${whole.failure.message}\n${text}`);
    const document = open(text);
    if (!document.root) throw new Error(`seed ${seed}`);
    // A look at whole trees is slow: only what differs is shown by the test's own means.
    const [parts, once] = [plain(document.root), plain(whole.node)];
    if (JSON.stringify(parts) !== JSON.stringify(once)) expect(parts, `seed ${seed}`).toEqual(once);
    const [value, other] = [toJson(document, document.root), parse(text)];
    if (JSON.stringify(value) !== JSON.stringify(other)) expect(value, `seed ${seed}`).toEqual(other);
    byParts += seed < 60 && cut(text, null).reading ? 1 : 0;
    expect(isPlaced(text, document.root), `seed ${seed}`).toBe(true);
  }
  expect(byParts).toBeGreaterThan(57);
});

it("what cannot be read by parts cannot be read whole, whatever is half typed in it", {
  timeout: 60_000,
}, () => {
  const random = randomOf(7);
  let broken = 0;
  let told = 0;
  for (let turn = 0; turn < 1_200; turn += 1) {
    let text = generatedFlow(turn % 60);
    for (let edits = random(3); edits >= 0; edits -= 1) text = mutated(text, random);
    const { reading } = cut(text, null);
    const isBroken = "failure" in readYaml(text);
    broken += isBroken ? 1 : 0;
    told += reading && "failure" in reading ? 1 : 0;
    if (reading) expect("failure" in reading, `turn ${turn}:\n${text}`).toBe(isBroken);
  }
  // Most mistakes are found without reading the whole.
  expect(broken).toBeGreaterThan(200);
  expect(told / broken).toBeGreaterThan(0.5);
});

it("of a text that is half typed only that part is read, and nothing anew once it is whole", () => {
  const tasks = Array.from({ length: 20 }, (_, at) => `  t${at}: { value: ${at} }\n`);
  const flow = (typed: string) =>
    ["name: a\ntasks:\n", ...tasks.slice(0, 9), typed, ...tasks.slice(9)].join("");
  const whole = cut(flow(""), null);
  for (const typed of ["  ne\n", '  new: "\n', "  t3: 1\n", " new: 1\n", "new\n", "  new: {\n"]) {
    const { reading, parts } = cut(flow(typed), whole.parts);
    expect(reading && "failure" in reading && reading.failure.from, typed).toBeGreaterThan(0);
    const fresh = [...parts].filter(([part]) => !whole.parts.has(part));
    expect(fresh.length, typed).toBeLessThanOrEqual(1);
    const mended = cut(flow(""), parts);
    expect([...mended.parts].every(([part, read]) => whole.parts.get(part) === read)).toBe(true);
  }
});

/** What a person who types leaves behind: letters put in, taken out, and lines at other columns. */
function mutated(text: string, random: (below: number) => number): string {
  const at = random(text.length);
  const line = text.lastIndexOf("\n", at) + 1;
  const piece = PIECES[random(PIECES.length)] ?? "";
  const from = [at, line, line + random(6)][random(3)] ?? at;
  return text.slice(0, from) + piece + text.slice(from + random(3));
}

const PIECES = [
  ..."\"'{}[]:,#-?*&|>% \n",
  ...[
    "  ",
    "\n\n",
    "\n  ",
    "\n x",
    "\n  name",
    "\n  name:",
    "\nname\n",
    "name: a\n",
    ": ",
    " #",
    "a: b: c",
    "&x ",
    "*x",
  ],
  ...[
    "[\n1,\n 2]",
    "{\n}",
    '"a\nb"',
    "'\n",
    "- a\n",
    "---\n",
    "...\n",
    "\t",
    "!!str ",
    "| \n",
    "\r\n",
    "ü: 1\n",
  ],
];

function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
