// Home: is everything as expected? What is not stands on top, with its reason and the button that mends it.

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { RunDetail } from "../src/api/types";
import { browser, session, shown, tabTo } from "./browser";
import { ASKS, NIGHTLY, SLOW } from "./flows";
import { Studio } from "./studio";

let studio: Studio;
let on: Browser;

beforeAll(async () => {
  studio = await Studio.start(async (prepared) => {
    await prepared.flows(NIGHTLY, ASKS, SLOW);
    await prepared.call("run", "weather", "--quiet");
  });
  on = await browser();
});

afterAll(async () => {
  await on?.close();
  await studio?.stop();
});

describe("home", () => {
  it("is calm when everything is as expected", async () => {
    const { context, page } = await session(on, studio);
    await page.getByRole("heading", { name: "Everything is as expected" }).waitFor();
    await page.getByText("Nothing waits for you.").waitFor();
    expect(await page.getByRole("region", { name: "Not as expected" }).count()).toBe(0);
    await context.close();
  });

  it("says by itself what breaks, why, and mends it by its button", async () => {
    const { context, page } = await session(on, studio);
    await page.getByRole("heading", { name: "Everything is as expected" }).waitFor();
    const failed = await studio.run("nightly");
    await page.getByRole("heading", { name: /1 of \d+ flows is not as expected/ }).waitFor();
    const broken = page.getByRole("region", { name: "Not as expected" });
    await broken.getByText(/attempt 3 of 3 failed: exit code 3/).waitFor();
    await broken.getByRole("link", { name: failed.name }).waitFor();
    await page.getByRole("link", { name: /1 not as expected/ }).waitFor();

    await studio.write("mended", "");
    await broken.getByRole("button", { name: "Retry from failed" }).click();
    await shown(page.getByRole("list", { name: "Notices" }).getByText("1 run retried from failed"));
    await studio.reached(failed.id, "Completed");
    await page.getByRole("heading", { name: "Everything is as expected" }).waitFor();
    // The task that had completed was kept.
    const { attempt } = await studio.ask<RunDetail>(`/runs/${failed.id}`);
    expect(attempt).toBe(2);
    await context.close();
  });

  it("shows what goes on, how far it is, and opens a question, by keyboard alone", async () => {
    const { context, page } = await session(on, studio);
    const slow = await studio.run("slow");
    const asks = await studio.run("asks");
    await page.getByRole("region", { name: "Running now" }).getByText("slow").waitFor();
    await page.getByText("waits for an answer").waitFor();
    await page.getByText("Send News of November to 4210 readers?").waitFor();
    await tabTo(page, /^Answer…/);
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.pathname === `/runs/${asks.id}`);
    await studio.ask(`/runs/${slow.id}/cancel`, "POST", {});
    await studio.ask(`/runs/${asks.id}/cancel`, "POST", {});
    await context.close();
  });

  it("runs an example with one press where there is nothing yet", async () => {
    const own = await Studio.start(async () => {}, "nothing");
    onTestFinished(() => own.stop());
    const { context, page, goTo } = await session(on, own);
    await page.getByRole("heading", { name: "No flows in this folder yet" }).waitFor();
    await page.getByRole("button", { name: "Create and run hello" }).press("Enter");
    await page.waitForURL(/\/runs\/[0-9a-f-]{36}/);
    await page.getByText("Completed").first().waitFor();
    await goTo("/flows/hello");
    await page.getByText("hello.flow.yaml").first().waitFor();
    await goTo("/");
    await page.getByRole("heading", { name: "Everything is as expected" }).waitFor();
    await context.close();
  });
});
