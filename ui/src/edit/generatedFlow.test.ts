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
    byParts += seed < 60 && cut(text, null) ? 1 : 0;
    expect(isPlaced(text, document.root), `seed ${seed}`).toBe(true);
  }
  expect(byParts).toBeGreaterThan(57);
});
