// Pictures of every page, light and dark, for people to look at: `npm run screenshots`.

import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, it } from "vitest";
import { browser, session, THEMES, type Theme } from "./browser";
import { PAGES } from "./pages";
import { type Scene, scene } from "./scene";
import { Studio } from "./studio";

const FOLDER = resolve(process.env.TIDEMILL_SCREENSHOTS ?? "../target/screenshots");

let all: Scene;
let on: Browser;

beforeAll(async () => {
  await mkdir(FOLDER, { recursive: true });
  [all, on] = await Promise.all([scene(), browser()]);
});

afterAll(async () => {
  await on?.close();
  await all?.studio.stop();
});

it.each(THEMES.flatMap((theme) => PAGES.map((place) => ({ theme, place, name: place.name }))))(
  "$theme: $name",
  async ({ theme, place }) => {
    const { context, page, goTo, settle } = await session(on, all.studio, theme);
    await goTo(place.path(all));
    await place.act?.(page);
    await settle();
    await page.screenshot({ path: file(place.name, theme) });
    await context.close();
  },
);

it.each(THEMES)("%s: a home where nothing is wrong, and one where nothing is", async (theme) => {
  for (const [name, from] of [
    ["home-well", "examples"],
    ["home-empty", "nothing"],
  ] as const) {
    const studio = await Studio.start(async (prepared) => {
      if (from === "examples") await prepared.call("run", "weather", "--quiet");
    }, from);
    const { context, page, goTo } = await session(on, studio, theme);
    await goTo("/");
    await page.screenshot({ path: file(name, theme) });
    await context.close();
    await studio.stop();
  }
});

function file(name: string, theme: Theme): string {
  return join(FOLDER, `${name}-${theme}.png`);
}
