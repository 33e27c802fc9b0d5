// Plain values: what YAML's core schema and JSON share.

import type { FlowDocument } from "./document";
import type { Node } from "./tree";

export type Json = null | boolean | number | string | readonly Json[] | JsonMap;

export interface JsonMap {
  readonly [key: string]: Json;
}

export function isJsonMap(value: Json): value is JsonMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isJsonList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

export function sameJson(left: Json, right: Json): boolean {
  if (isJsonList(left)) {
    return (
      isJsonList(right) &&
      left.length === right.length &&
      left.every((one, at) => sameJson(one, right[at] ?? null))
    );
  }
  if (isJsonMap(left)) {
    if (!isJsonMap(right)) return false;
    const keys = Object.keys(left);
    return (
      keys.length === Object.keys(right).length &&
      keys.every((key) => Object.hasOwn(right, key) && sameJson(left[key] ?? null, right[key] ?? null))
    );
  }
  return left === right;
}

/** A map from its entries, whatever the keys are called. */
export function jsonMap(entries: Iterable<readonly [string, Json]>): JsonMap {
  return Object.fromEntries(entries);
}

/** The value that a node stands for, aliases followed. */
export function toJson(document: FlowDocument, node: Node): Json {
  const found = document.resolve(node);
  if (!found) return null;
  if (found.kind === "scalar") return found.value;
  if (found.kind === "list") return found.items.map((item) => toJson(document, item.value));
  if (found.kind === "map") {
    return jsonMap(found.entries.map((entry) => [entry.name, toJson(document, entry.value)]));
  }
  return null;
}
