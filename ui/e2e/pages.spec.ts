// Every page in every state: it stands, nothing complains, and it keeps nobody out, in light and in dark.

import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browser, session, THEMES } from "./browser";
import { PAGES } from "./pages";
import { type Scene, scene } from "./scene";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

let all: Scene;
let on: Browser;

beforeAll(async () => {
  [all, on] = await Promise.all([scene(), browser()]);
});

afterAll(async () => {
  await on?.close();
  await all?.studio.stop();
});

describe("every page", () => {
  it.each(PAGES)("$name stands, and keeps nobody out", async ({ path, act }) => {
    // axe is put into the page by the browser itself: the page's own policy would refuse it, as it should.
    const { context, page, trouble, goTo, settle } = await session(on, all.studio, "light", {
      bypassCSP: true,
    });
    await goTo(path(all));
    await act?.(page);
    await settle();
    await page.addScriptTag({ path: AXE });
    for (const colorScheme of THEMES) {
      await page.emulateMedia({ colorScheme });
      await settle();
      expect(await serious(page), colorScheme).toEqual([]);
    }
    // What the API refuses, the browser tells of too.
    expect(trouble.filter((line) => !/status of 4\d\d/.test(line))).toEqual([]);
    await context.close();
  });

  it("has a title of its own, one heading, and a way past the rail", async () => {
    const { context, page, goTo } = await session(on, all.studio);
    const titles = new Set<string>();
    for (const path of ["/", "/flows", "/flows/weather", "/runs", "/activity", "/settings"]) {
      await goTo(path);
      titles.add(await page.title());
      expect(await page.locator("h1").count(), path).toBeGreaterThan(0);
      expect(await page.locator("main#main").count(), path).toBe(1);
    }
    expect(titles.size).toBe(6);
    await context.close();
  });
});

describe("the page's own policy", () => {
  it("is broken by no page", async () => {
    const { context, page, trouble, goTo } = await session(on, all.studio);
    for (const { path, act } of PAGES) {
      await goTo(path(all));
      await act?.(page);
    }
    expect(trouble.filter((line) => /Content Security Policy|Refused to/.test(line))).toEqual([]);
    await context.close();
  });
});

/** What axe finds serious or critical on a page, a line each. */
async function serious(page: Page): Promise<string[]> {
  const results = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run: () => Promise<AxeResults> } };
    return axe.run();
  });
  return results.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 300)}: ${failureSummary ?? ""}`),
    );
}
