// What stands around every page: the rail and its letters, the palette, the sheet of keys, the theme, the notices,
// and what is said of the connection.

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { browser, press, type Session, session, shown } from "./browser";
import { NIGHTLY, SLOW } from "./flows";
import { Studio } from "./studio";

let studio: Studio;
let on: Browser;
let here: Session;

beforeAll(async () => {
  studio = await Studio.start(async (prepared) => {
    await prepared.flows(NIGHTLY, SLOW);
    await prepared.call("run", "weather", "--quiet");
    await prepared.call("run", "nightly", "--quiet");
  });
  on = await browser();
  here = await session(on, studio);
});

afterAll(async () => {
  await on?.close();
  await studio?.stop();
});

describe("going about", () => {
  it("opens every page by its letters", async () => {
    const { page, goTo } = here;
    await goTo("/");
    for (const [letter, path] of [
      ["f", "/flows"],
      ["r", "/runs"],
      ["a", "/activity"],
      ["s", "/settings"],
      ["h", "/"],
    ] as const) {
      await press(page, "g", letter);
      await page.waitForURL((url) => url.pathname === path);
    }
  });

  it("takes no letters from a field", async () => {
    const { page, goTo } = here;
    await goTo("/runs");
    await page.getByRole("searchbox", { name: "Text in logs" }).focus();
    await page.keyboard.type("gh?");
    expect(new URL(page.url()).pathname).toBe("/runs");
    expect(await page.getByRole("dialog").count()).toBe(0);
  });

  it("says where nothing is", async () => {
    const { page, goTo } = here;
    await goTo("/nowhere");
    await page
      .getByRole("heading", { name: /nothing|not/i })
      .first()
      .waitFor();
  });
});

describe("the palette", () => {
  it("goes to a flow, by keyboard", async () => {
    const { page, goTo } = here;
    await goTo("/");
    await press(page, "Control+k");
    await page.keyboard.type("weather");
    await shown(page.getByRole("option", { name: /weather/ }));
    // The first is to run it; the next goes to its page.
    await press(page, "ArrowDown", "Enter");
    await page.waitForURL(/\/flows\/weather$/);
  });

  it("finds a run by its name, and text in logs", async () => {
    const { page, goTo } = here;
    await goTo("/");
    const run = await studio.newest("nightly");
    await press(page, "Control+k");
    await page.keyboard.type(run.name);
    await page
      .getByRole("option", { name: new RegExp(run.name) })
      .first()
      .waitFor();
    await press(page, "Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
  });

  it("finds text in logs, and leads to the line", async () => {
    const { page, goTo } = here;
    await goTo("/");
    const chosen = page.getByRole("log").locator(".ll.is-chosen");
    for (const [text, line] of [
      ["visits_3", "7"],
      ["visits_1", "3"],
    ] as const) {
      await press(page, "Control+k");
      await press(page, "Control+A");
      await page.keyboard.type(text);
      await (await shown(page.getByRole("option", { name: new RegExp(`no such table: ${text}`) }))).click();
      await page.waitForURL((url) => /\/runs\//.test(url.pathname) && url.hash === `#L${line}`);
      // From another page, and from the run's own.
      await expect.poll(() => chosen.allTextContents()).toEqual([expect.stringContaining(text)]);
    }
  });

  it("opens the form of a flow that it runs", async () => {
    const { page, goTo } = here;
    await goTo("/");
    await press(page, "Control+k");
    await page.keyboard.type("nightly");
    await shown(page.getByRole("option", { name: /Run nightly/ }));
    await press(page, "Enter");
    await page.getByRole("dialog").getByLabel(/year/).waitFor();
    await press(page, "Escape");
  });
});

describe("the sheet of keys", () => {
  it("shows the keys of the page it stands over, and gives the focus back", async () => {
    const { page, goTo } = here;
    await goTo("/runs");
    await press(page, "?");
    const sheet = page.getByRole("dialog");
    await sheet.getByText("Go to or run anything").waitFor();
    await sheet.getByText("Select on downward").waitFor();
    await press(page, "Escape");
    await sheet.waitFor({ state: "detached" });
    await goTo("/");
    await press(page, "?");
    expect(await sheet.getByText("Select on downward").count()).toBe(0);
    await press(page, "Escape");
  });
});

describe("the theme", () => {
  it("follows the system until a person says otherwise, and remembers it", async () => {
    const { context, page, goTo } = await session(on, studio, "dark");
    const light = () =>
      page.evaluate(() => {
        const [red = 0] = /\d+/.exec(getComputedStyle(document.body).backgroundColor) ?? [];
        return Number(red) > 128;
      });
    expect(await light()).toBe(false);
    await page.emulateMedia({ colorScheme: "light" });
    await expect.poll(light).toBe(true);
    await page.getByRole("button", { name: "Theme", exact: true }).press("Enter");
    await page.getByRole("button", { name: "Light", exact: true }).press("Enter");
    await page.getByRole("button", { name: "Dark", exact: true }).waitFor();
    await expect.poll(light).toBe(false);
    await goTo("/settings");
    expect(await light()).toBe(false);
    await page.getByRole("radio", { name: "As the system is" }).press("Enter");
    await expect.poll(light).toBe(true);
    await context.close();
  });
});

describe("activity", () => {
  it("tells by itself what happens, filtered in the address, and opens a run", async () => {
    const { page, goTo } = here;
    await goTo("/activity?flow=slow");
    await page.getByText("Nothing of this kind happened yet.").waitFor();
    const run = await studio.run("slow");
    await page.getByRole("row", { name: new RegExp(`slow ${run.name} began`) }).waitFor();
    await studio.ask(`/runs/${run.id}/cancel`, "POST", {});
    await page.getByRole("row", { name: new RegExp(`slow ${run.name} was cancelled`) }).waitFor();
    await page.getByRole("button", { name: "People" }).press("Enter");
    await expect.poll(() => new URL(page.url()).search).toContain("person");
    await goTo("/activity?flow=slow");
    await press(page, "j", "k", "Enter");
    await page.waitForURL((url) => url.pathname === `/runs/${run.id}`);
  });
});

describe("the server going away", () => {
  it("is said, and the page recovers by itself with what it missed", async () => {
    const own = await Studio.start(async (prepared) => prepared.flows(NIGHTLY));
    onTestFinished(() => own.stop());
    const { context, page } = await session(on, own);
    const status = page.getByRole("contentinfo").getByRole("status");
    await expect.poll(() => status.textContent()).toContain("Engine running");
    await own.pause();
    await expect.poll(() => status.textContent(), { timeout: 20_000 }).toMatch(/Reconnecting since/);
    await own.call("run", "nightly", "--quiet");
    await own.resume();
    await expect.poll(() => status.textContent(), { timeout: 30_000 }).toContain("Engine running");
    await page.getByRole("heading", { name: /1 of \d+ flows is not as expected/ }).waitFor();
    await context.close();
  });

  it("is said by a page that is gone to meanwhile, with what to do", async () => {
    const own = await Studio.start();
    onTestFinished(() => own.stop());
    const { context, page } = await session(on, own);
    await own.pause();
    await press(page, "g", "r");
    await page
      .getByText("The engine does not answer")
      .or(page.getByText("This page is not to be had"))
      .first()
      .waitFor();
    await own.resume();
    await page.getByRole("button", { name: "Try again" }).first().click();
    await page
      .getByText("No run fits these filters.")
      .or(page.getByRole("grid", { name: "Runs" }))
      .first()
      .waitFor();
    await context.close();
  });
});

describe("a stranger", () => {
  it("without the token is not let in, and is told how", async () => {
    const context = await on.newContext();
    const page = await context.newPage();
    const answer = await page.goto(`${studio.address}/`);
    const refused = answer?.status() === 401 || answer?.status() === 403;
    if (!refused)
      await page
        .getByText(/not let in/i)
        .first()
        .waitFor();
    const api = await page.request.get(`${studio.address}/api/v1/runs`);
    expect(api.status()).toBe(401);
    await context.close();
  });
});
