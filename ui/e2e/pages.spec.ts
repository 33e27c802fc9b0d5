// Every page stands, with its own heading, and nothing in the browser's console complains.

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PAGES } from "./pages";
import { browser, Studio, session, settled } from "./studio";

let studio: Studio;
let on: Browser;

beforeAll(async () => {
  studio = await Studio.start(async (prepared) => {
    await prepared.call("run", "weather", "--quiet");
  });
  on = await browser();
});

afterAll(async () => {
  await on?.close();
  await studio?.stop();
});

describe("every page", () => {
  it.each(PAGES)("%s stands and complains of nothing", async (_name, path) => {
    const { context, page, trouble } = await session(on, studio);
    await page.goto(studio.address + path);
    await settled(page);
    expect(trouble).toEqual([]);
    await context.close();
  });
});
