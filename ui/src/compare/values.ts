// Where two values differ, place by place, as far as anyone would read it.

import { entriesOf, sizeOf } from "../run/jsonTree";

export interface Difference {
  /** `rows[0].temp`; empty: the whole value */
  place: string;
  left: unknown;
  right: unknown;
  /** of two numbers */
  by: number | null;
}

/** Differences that are told at most, and places that are looked at for them. */
const MOST = 200;
const LOOKED_AT = 20_000;

export interface Differences {
  list: Difference[];
  /** there may be more */
  more: boolean;
}

export function differences(left: unknown, right: unknown): Differences {
  const list: Difference[] = [];
  const waiting: { place: string; left: unknown; right: unknown }[] = [{ place: "", left, right }];
  let looked = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    looked += 1;
    if (looked > LOOKED_AT || list.length >= MOST) return { list, more: true };
    if (isSame(next.left, next.right)) continue;
    const names = areBranches(next.left, next.right) ? namesOf(next.left, next.right) : null;
    if (names === null) {
      list.push({ ...next, by: apart(next.left, next.right) });
      continue;
    }
    // The last is taken first, so they are laid down the other way round.
    for (const name of names.toReversed()) {
      const place = placeOf(next.place, name, next.left);
      waiting.push({ place, left: at(next.left, name), right: at(next.right, name) });
    }
  }
  return { list, more: false };
}

function areBranches(left: unknown, right: unknown): boolean {
  return sizeOf(left) > 0 && sizeOf(right) > 0 && Array.isArray(left) === Array.isArray(right);
}

function isSame(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  return sizeOf(left) === 0 && sizeOf(right) === 0 && JSON.stringify(left) === JSON.stringify(right);
}

function namesOf(left: unknown, right: unknown): string[] {
  const names = new Set(entriesOf(left, LOOKED_AT).map((entry) => entry.name));
  for (const entry of entriesOf(right, LOOKED_AT)) names.add(entry.name);
  return [...names];
}

function at(value: unknown, name: string): unknown {
  return Object.hasOwn(value as object, name) ? (value as Record<string, unknown>)[name] : undefined;
}

function placeOf(place: string, name: string, around: unknown): string {
  if (Array.isArray(around)) return `${place}[${name}]`;
  return place === "" ? name : `${place}.${name}`;
}

function apart(left: unknown, right: unknown): number | null {
  return typeof left === "number" && typeof right === "number" ? right - left : null;
}
