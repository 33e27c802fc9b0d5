// What a person does in the studio, by keyboard: every journey here goes without a mouse.

import type { ChildProcess } from "node:child_process";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { browser, Studio, session, settled } from "./studio";

const FLOWS = {
  // Fails until the file `mended` is there, so that a retry has something to come to.
  nightly: `
name: nightly
parameters:
  year: { type: integer, minimum: 2000, maximum: 2100, default: 2026 }
tasks:
  fetch: { shell: "echo fetched $YEAR", env: { YEAR: "{{ params.year }}" } }
  load: { needs: [fetch], shell: 'test -e "$ROOT/mended" || { echo no such table >&2; exit 3; }', env: { ROOT: "{{ env.TIDEMILL_WORKSPACE }}" } }
`,
  slow: `
name: slow
tasks:
  wait: { shell: "echo begun; sleep 300" }
`,
  asks: `
name: asks
tasks:
  ask: { approve: { message: "Send it?", fields: { type: object, properties: { note: { type: string } } } } }
  sent: { needs: [ask], shell: "echo sent" }
`,
};

let studio: Studio;
let on: Browser;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  studio = await Studio.start(async (prepared) => {
    for (const [name, text] of Object.entries(FLOWS)) await prepared.flow(name, text);
    await prepared.call("run", "weather", "--quiet");
    await prepared.call("run", "nightly", "--quiet");
  });
  on = await browser();
});

afterAll(async () => {
  await on?.close();
  await studio?.stop();
});

beforeEach(async () => {
  ({ context, page } = await session(on, studio));
  await settled(page);
});

afterEach(async () => {
  await context.close();
});

async function goTo(path: string): Promise<void> {
  await page.goto(studio.address + path);
  await settled(page);
}

/** Moves the focus with Tab until it is on what the reader would call this. */
async function tabTo(name: RegExp): Promise<void> {
  for (let steps = 0; steps < 80; steps += 1) {
    await page.keyboard.press("Tab");
    const here = await page.evaluate(() => {
      const element = document.activeElement;
      return element?.getAttribute("aria-label") ?? element?.textContent ?? "";
    });
    if (name.test(here)) return;
  }
  throw new Error(`Tab does not reach ${name}`);
}

describe("home", () => {
  it("says what is not as expected, why, and opens it", async () => {
    await page.getByRole("heading", { name: /not as expected/ }).waitFor();
    await page
      .getByText("no such table")
      .or(page.getByText(/exit code 3/))
      .first()
      .waitFor();
    await tabTo(/Open run/);
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/runs\/[0-9a-f-]{36}/);
  });
});

describe("going about", () => {
  it("opens every page by its letters", async () => {
    for (const [letter, path] of [
      ["f", "/flows"],
      ["r", "/runs"],
      ["a", "/activity"],
      ["h", "/"],
    ] as const) {
      await page.keyboard.press("g");
      await page.keyboard.press(letter);
      await page.waitForURL((url) => url.pathname === path);
    }
  });

  it("finds a flow in the palette", async () => {
    await page.keyboard.press("Control+k");
    await page.keyboard.type("weather");
    await page
      .getByRole("option", { name: /weather/ })
      .first()
      .waitFor();
    // The first is to run it; the next goes to its page.
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/flows\/weather$/);
  });

  it("shows all keys", async () => {
    await page.keyboard.press("?");
    await page.getByRole("dialog").getByText("Ctrl").first().waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
  });
});

describe("runs", () => {
  it("walks the list, opens one, and keeps its filter in the address", async () => {
    await goTo("/runs?flow=nightly");
    await page.getByRole("row").nth(1).waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("k");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/runs\/[0-9a-f-]{36}/);
    await page.goBack();
    await page.waitForURL(/flow=nightly/);
  });
});

describe("a flow", () => {
  it("refuses a wrong value at its field, then starts the run", async () => {
    await goTo("/flows/nightly");
    await page.keyboard.press("Control+Enter");
    const form = page.getByRole("dialog");
    const year = form.getByLabel(/year/);
    await year.fill("1999");
    await year.press("Control+Enter");
    await form.getByText(/2000/).first().waitFor();
    await year.fill("2027");
    await year.press("Control+Enter");
    await page.waitForURL(/\/runs\/[0-9a-f-]{36}/);
  });
});

describe("settings", () => {
  it("keeps a secret to itself", async () => {
    const put = await page.request.put(`${studio.address}/api/v1/secrets/TOKEN`, {
      data: { value: "a-very-secret-value" },
      headers: { origin: studio.address },
    });
    expect(put.ok()).toBe(true);
    await goTo("/settings");
    await page.getByText("TOKEN").first().waitFor();
    expect(await page.content()).not.toContain("a-very-secret-value");
  });
});

describe("a run that another process carries", () => {
  let other: ChildProcess | undefined;

  afterEach(() => {
    other?.kill("SIGTERM");
  });

  it("appears by itself, and ends when it is cancelled here", async () => {
    await goTo("/runs?flow=slow");
    other = studio.spawn("run", "slow", "--quiet");
    await page.getByRole("row", { name: /slow/ }).waitFor({ timeout: 20_000 });
    await page.getByRole("row", { name: /Running/ }).waitFor({ timeout: 20_000 });
    await page.keyboard.press("j");
    await page.keyboard.press("k");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/runs\/[0-9a-f-]{36}/);
    await settled(page);
    await page.getByText("begun").first().waitFor();
    await tabTo(/^Cancel/);
    await page.keyboard.press("Enter");
    const sure = page
      .getByRole("alertdialog")
      .getByRole("button", { name: /^Cancel the run|^Cancel run|^Cancel$/ });
    if (await sure.count()) await sure.first().press("Enter");
    await page.getByText("Cancelled").first().waitFor({ timeout: 20_000 });
  });
});

describe("the server going away", () => {
  it("is said, and so is its return", async () => {
    const own = await Studio.start();
    const here = await session(on, own);
    await settled(here.page);
    const status = here.page.getByRole("status").or(here.page.getByRole("contentinfo")).first();
    await status.getByText(/Engine running/).waitFor();
    await own.pause();
    await here.page
      .getByText(/[Rr]econnecting|not reached|away/)
      .first()
      .waitFor({ timeout: 20_000 });
    await own.resume();
    await here.page
      .getByText(/Engine running/)
      .first()
      .waitFor({ timeout: 30_000 });
    await here.context.close();
    await own.stop();
  });
});
