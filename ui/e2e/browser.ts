// A real browser on a studio, and what tests do in it.

import { join } from "node:path";
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Locator,
  type Page,
  type Request,
  type Route,
} from "playwright-core";
import { type Studio, until } from "./studio";

const CHROMIUM = process.env.TIDEMILL_CHROMIUM ?? "/usr/bin/chromium";
const SWITCHES = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A built page to look at in place of the one in the program: so that a change of it needs no new program. */
const PAGE = process.env.TIDEMILL_PAGE;
const TYPES: Record<string, string> = {
  css: "text/css",
  html: "text/html",
  js: "text/javascript",
  svg: "image/svg+xml",
  woff2: "font/woff2",
};

export type Theme = "light" | "dark";
export const THEMES: readonly Theme[] = ["light", "dark"];

export async function browser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: SWITCHES });
}

export interface Session {
  context: BrowserContext;
  page: Page;
  /** what the browser's console and the page's own scripts complain of, and dialogs that came up */
  trouble: string[];
  /** Goes to a path of the studio and waits until it shows what it asked for. */
  goTo: (path: string) => Promise<void>;
  /** Waits until the page shows what it asked for. */
  settle: () => Promise<void>;
}

/** A browser's own session that has shown the token. */
export async function session(
  on: Browser,
  studio: Studio,
  theme: Theme = "light",
  options: BrowserContextOptions = {},
): Promise<Session> {
  const context = await on.newContext({
    viewport: { width: 1440, height: 900 },
    colorScheme: theme,
    reducedMotion: "reduce",
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const trouble: string[] = [];
  page.on("pageerror", (error) => trouble.push(String(error)));
  page.on("dialog", (dialog) => {
    trouble.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("console", (message) => {
    if (message.type() === "error") trouble.push(message.text());
  });
  const underWay = new Set<Request>();
  page.on("request", (request) => !isStream(request) && underWay.add(request));
  page.on("requestfinished", (request) => underWay.delete(request));
  page.on("requestfailed", (request) => underWay.delete(request));
  await page.goto(studio.opening);
  if (PAGE !== undefined) {
    await context.route(
      (url) => url.origin === studio.address,
      (route) => fromFolder(route, PAGE),
    );
    await page.goto(studio.address);
  }
  const settle = () => settled(page, underWay);
  await settle();
  const goTo = async (path: string) => {
    await page.goto(studio.address + path);
    await settle();
  };
  return { context, page, trouble, goTo, settle };
}

/** Answers with a file of the folder; what the engine answers is left to it. */
async function fromFolder(route: Route, folder: string): Promise<void> {
  const { pathname } = new URL(route.request().url());
  if (pathname.startsWith("/api/")) {
    await route.fallback();
    return;
  }
  const name = /\.\w+$/.test(pathname) ? pathname : "/index.html";
  const contentType = TYPES[name.split(".").at(-1) ?? ""] ?? "application/octet-stream";
  await route.fulfill({ path: join(folder, name), contentType });
}

/** Waits until the page shows what it asked for: nothing is under way but streams, which never end. */
async function settled(page: Page, underWay: ReadonlySet<Request>): Promise<void> {
  await page.locator("main h1, header h1").first().waitFor();
  await until("nothing is under way", async () => {
    if (underWay.size > 0) return null;
    await page.evaluate(() => document.fonts.ready);
    await page.evaluate(
      () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
    );
    const busy = await page.locator("[aria-busy=true]").count();
    return busy === 0 && underWay.size === 0 ? true : null;
  });
}

function isStream(request: Request): boolean {
  return /\/(events|stream)(\?|$)/.test(request.url());
}

/** The one that is shown first, once it is. */
export async function shown(locator: Locator): Promise<Locator> {
  const first = locator.first();
  await first.waitFor();
  return first;
}

/** Moves the focus with Tab until it is on what a reader would call this, as a person without a mouse does. */
export async function tabTo(page: Page, name: RegExp, key: "Tab" | "Shift+Tab" = "Tab"): Promise<void> {
  const passed: string[] = [];
  for (let steps = 0; steps < 120; steps += 1) {
    await page.keyboard.press(key);
    const here = await page.evaluate(() => {
      const element = document.activeElement;
      const labels = element instanceof HTMLInputElement ? [...(element.labels ?? [])] : [];
      return (
        element?.getAttribute("aria-label") ||
        labels.map((label) => label.textContent).join(" ") ||
        element?.textContent ||
        ""
      ).trim();
    });
    if (name.test(here)) return;
    passed.push(here.slice(0, 30));
  }
  throw new Error(`Tab does not reach ${name}; it passed ${[...new Set(passed)].join(" | ")}`);
}

/** Presses keys one after the other. */
export async function press(page: Page, ...keys: readonly string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}
