// No page keeps anyone out: what axe finds serious fails, in light and in dark.

import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PAGES } from "./pages";
import { browser, Studio, session, settled, type Theme } from "./studio";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const THEMES: readonly Theme[] = ["light", "dark"];

let studio: Studio;
let on: Browser;

beforeAll(async () => {
  studio = await Studio.start(async (prepared) => {
    await prepared.flow("broken", BROKEN);
    await prepared.call("run", "weather", "--quiet");
    await prepared.call("run", "weather", "--quiet");
    await prepared.call("run", "broken", "--quiet");
  });
  on = await browser();
});

afterAll(async () => {
  await on?.close();
  await studio?.stop();
});

const BROKEN = `
name: broken
tasks:
  fetch: { shell: "echo fetched" }
  load: { needs: [fetch], shell: "echo no such table >&2; exit 3", retries: 1 }
  report: { needs: [load], shell: "echo never" }
  tidy: { needs: { load: failed }, shell: "echo tidied" }
  each: { for_each: "{{ range(20) | list }}", value: "{{ item }}" }
`;

/** What axe finds serious or critical on a page, a line each. */
async function serious(path: string, theme: Theme): Promise<string[]> {
  // axe is put into the page by the browser itself: a page's own policy would refuse it, as it should.
  const { context, page } = await session(on, studio, theme, { bypassCSP: true });
  await page.goto(studio.address + path);
  await settled(page);
  await page.addScriptTag({ path: AXE });
  const results = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run: () => Promise<AxeResults> } };
    return axe.run();
  });
  await context.close();
  return results.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html}: ${failureSummary ?? ""}`),
    );
}

describe.each(THEMES)("in %s", (theme) => {
  it.each(PAGES)("%s keeps nobody out", async (_name, path) => {
    expect(await serious(path, theme)).toEqual([]);
  });
});
