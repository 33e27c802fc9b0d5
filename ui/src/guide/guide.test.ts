import { beforeEach, expect, it, vi } from "vitest";
import { guided, leaveGuide, openGuide, readLog, renameGuided } from "./guide";

beforeEach(() => {
  const kept = new Map<string, string>();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, text: string) => void kept.set(key, text),
    removeItem: (key: string) => void kept.delete(key),
  });
});

it("goes along with one flow, under whatever name, until it is left", () => {
  expect(guided()).toBeNull();
  openGuide("first-flow");
  expect(guided()).toEqual({ flow: "first-flow", read: null });
  renameGuided("another", "third");
  renameGuided("first-flow", "nightly");
  expect(guided()?.flow).toBe("nightly");
  leaveGuide();
  expect(guided()).toBeNull();
});

it("remembers of which run the log was read, for its own flow", () => {
  openGuide("nightly");
  readLog("another", "r1");
  expect(guided()?.read).toBeNull();
  readLog("nightly", "r2");
  expect(guided()?.read).toBe("r2");
  expect(guided()).toBe(guided());
});

it("guides nothing where what was kept cannot be read", () => {
  for (const text of ["{", "7", '{"flow":7}', "[]"]) {
    localStorage.setItem("tidemill.guide", text);
    expect(guided()).toBeNull();
  }
});
