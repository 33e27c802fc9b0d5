// Pictures of every page, light and dark, for people to look at: `npm run screenshots`.

import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, it } from "vitest";
import { PAGES } from "./pages";
import { browser, Studio, session, settled, type Theme } from "./studio";

const FOLDER = resolve(process.env.TIDEMILL_SCREENSHOTS ?? "../target/screenshots");
const THEMES: readonly Theme[] = ["light", "dark"];

let studio: Studio;
let on: Browser;

beforeAll(async () => {
  await mkdir(FOLDER, { recursive: true });
  studio = await Studio.start(async (prepared) => {
    for (const flow of ["weather", "log-report", "backup", "weather", "search", "weather"])
      await prepared.call("run", flow, "--quiet");
  });
  on = await browser();
});

afterAll(async () => {
  await on?.close();
  await studio?.stop();
});

it.each(THEMES.flatMap((theme) => PAGES.map(([name, path]) => [theme, name, path] as const)))(
  "%s: %s",
  async (theme, name, path) => {
    const { context, page } = await session(on, studio, theme);
    await page.goto(studio.address + path);
    await settled(page);
    await page.screenshot({ path: join(FOLDER, `${name}-${theme}.png`) });
    await context.close();
  },
);
