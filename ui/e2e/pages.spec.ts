// Every page in every state: it stands, nothing complains, and it keeps nobody out, in light and in dark.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { AxeResults, RunOptions } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browser, type Session, session } from "./browser";
import { PAGES } from "./pages";
import { type Scene, scene } from "./scene";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What colours alone decide: all that another theme can change. */
const BY_COLOUR = ["color-contrast", "link-in-text-block"];

let all: Scene;
let on: Browser;
let here: Session;

beforeAll(async () => {
  [all, on] = await Promise.all([scene(), browser()]);
  here = await session(on, all.studio);
});

afterAll(async () => {
  await on?.close();
  await all?.studio.stop();
});

describe("every page", () => {
  it.each(PAGES)("$name stands, breaks no rule of its own, and keeps nobody out", async ({ path, act }) => {
    const { page, trouble, goTo, settle } = here;
    trouble.length = 0;
    await page.emulateMedia({ colorScheme: "light" });
    await goTo(path(all));
    await act?.(page);
    await settle();
    await page.evaluate(AXE);
    expect(await serious(page), "light").toEqual([]);
    await page.emulateMedia({ colorScheme: "dark" });
    await settle();
    expect(await serious(page, BY_COLOUR), "dark").toEqual([]);
    expect(await page.locator("h1").count()).toBeGreaterThan(0);
    expect(await page.locator("main#main").count()).toBe(1);
    // What the API refuses, the browser tells of too.
    expect(trouble.filter((line) => !/status of 4\d\d/.test(line))).toEqual([]);
  });

  it("has a title of its own", async () => {
    const { page, goTo } = here;
    const titles = new Set<string>();
    for (const path of ["/", "/flows", "/flows/weather", "/runs", "/activity", "/settings"]) {
      await goTo(path);
      titles.add(await page.title());
    }
    expect(titles.size).toBe(6);
  });
});

/** What axe finds serious or critical on a page, a line each; by these rules alone, where some are named. */
async function serious(page: Page, rules?: readonly string[]): Promise<string[]> {
  const results = await page.evaluate(async (only) => {
    const { axe } = window as unknown as { axe: { run: (options: RunOptions) => Promise<AxeResults> } };
    return axe.run({
      resultTypes: ["violations"],
      ...(only === null ? {} : { runOnly: { type: "rule", values: [...only] } }),
    });
  }, rules ?? null);
  return results.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 300)}: ${failureSummary ?? ""}`),
    );
}
