// The list of runs: its filters stand in the address, its keys walk, choose and open.

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browser, press, type Session, session, shown } from "./browser";
import { INGEST, NIGHTLY, SLOW } from "./flows";
import { Studio } from "./studio";

let studio: Studio;
let on: Browser;
let here: Session;

beforeAll(async () => {
  studio = await Studio.start(async (prepared) => {
    await prepared.flows(NIGHTLY, INGEST, SLOW);
    for (const region of ["south", "east", "south"])
      await prepared.call("run", "nightly", "--quiet", "-p", `region=${region}`);
    await prepared.call("run", "ingest", "--quiet");
    await prepared.call("run", "weather", "--quiet");
  });
  on = await browser();
  here = await session(on, studio);
});

afterAll(async () => {
  await on?.close();
  await studio?.stop();
});

/** The runs that are listed, by their flows. */
async function listed(): Promise<string[]> {
  return here.page.locator("[role=rowgroup] [role=row] > :nth-child(3)").allTextContents();
}

describe("the list of runs", () => {
  it("is narrowed by flow, state, parameter and text in logs, all in the address", async () => {
    const { page, goTo } = here;
    await goTo("/runs");
    await expect.poll(listed).toHaveLength(5);
    await page.getByRole("checkbox", { name: "Show completed" }).click();
    await expect.poll(() => new URL(page.url()).search).toContain("state=failed");
    await expect.poll(listed).toHaveLength(4);
    await page.getByRole("button", { name: "Clear" }).click();
    await page.getByRole("textbox", { name: /Parameter and value/ }).fill("region = south");
    await page.keyboard.press("Enter");
    await expect.poll(() => new URL(page.url()).search).toContain("parameter=region");
    await expect.poll(listed).toEqual(["nightly", "nightly"]);
    await page.getByRole("button", { name: "Clear" }).click();
    await press(page, "/");
    await page.keyboard.type("torn");
    await page.keyboard.press("Enter");
    await expect.poll(() => new URL(page.url()).search).toContain("text=torn");
    await expect.poll(listed).toEqual(["ingest"]);

    // The address alone gives the same view again.
    await page.reload();
    await here.settle();
    await expect.poll(listed).toEqual(["ingest"]);
    expect(await page.getByRole("searchbox", { name: "Text in logs" }).inputValue()).toBe("torn");
  });

  it("is chosen from a menu by keyboard", async () => {
    const { page, goTo } = here;
    await goTo("/runs");
    await page.getByRole("button", { name: /All flows/ }).focus();
    await press(page, "Enter");
    await shown(page.getByRole("menu"));
    await page.keyboard.type("night");
    await expect.poll(() => page.locator(":focus").textContent()).toBe("nightly");
    await press(page, "Enter");
    await expect.poll(() => new URL(page.url()).search).toContain("flow=nightly");
    await expect.poll(listed).toEqual(["nightly", "nightly", "nightly"]);
  });

  it("walks by J and K, peeks, opens by Enter, and comes back to where it was", async () => {
    const { page, goTo } = here;
    await goTo("/runs?flow=nightly");
    await expect.poll(listed).toHaveLength(3);
    await press(page, "j", "j", "k", "Space");
    const peek = page.getByRole("complementary");
    await shown(peek.getByText("region"));
    await press(page, "Escape", "Enter");
    await page.waitForURL(/\/runs\/[0-9a-f-]{36}/);
    await page.goBack();
    await page.waitForURL(/flow=nightly/);
  });

  it("cancels many at once", async () => {
    const { page, goTo } = here;
    const runs = await Promise.all([studio.run("slow"), studio.run("slow"), studio.run("slow")]);
    for (const run of runs) await studio.reached(run.id, "Running");
    await goTo("/runs?flow=slow");
    await expect.poll(listed).toHaveLength(3);
    await press(page, "x", "Shift+J", "Shift+J");
    await page.getByText("3 selected").waitFor();
    await page.getByRole("button", { name: "Cancel", exact: true }).press("Enter");
    await shown(page.getByText("3 runs asked to end"));
    for (const run of runs) await studio.reached(run.id, "Cancelled");
    await expect.poll(() => page.getByRole("row", { name: /Cancelled/ }).count()).toBe(3);
  });

  it("loses by itself what its filter no longer fits, and takes in what fits now", async () => {
    const { page, goTo } = here;
    const run = await studio.run("slow");
    await studio.reached(run.id, "Running");
    await goTo("/runs?flow=slow&state=running");
    await expect.poll(listed).toEqual(["slow"]);
    await press(page, "x");
    await page.getByText("1 selected").waitFor();
    const other = await on.newPage({ storageState: await here.context.storageState() });
    await other.goto(`${studio.address}/runs?flow=slow&state=cancelled`);
    await other
      .getByRole("row", { name: /Cancelled/ })
      .first()
      .waitFor();
    await studio.ask(`/runs/${run.id}/cancel`, "POST", {});
    await page.getByText("No run fits these filters.").waitFor();
    expect(await page.getByText("1 selected").count()).toBe(0);
    await other.getByRole("link", { name: run.name }).waitFor();
    await other.close();
  });

  it("has two of its runs compared, the earlier one first", async () => {
    const { page, goTo } = here;
    await goTo("/runs?flow=nightly");
    await expect.poll(listed).toHaveLength(3);
    await press(page, "x", "c");
    await shown(page.getByText("Two selected runs can be compared"));
    const names = await page.locator(".run-link").allTextContents();
    await press(page, "Shift+J", "c");
    await page.waitForURL(/\/compare\//);
    await here.settle();
    expect(await page.locator(".side-n a").allTextContents()).toEqual([names[1], names[0]]);
  });

  it("retries what is chosen, and removes what a person confirms", async () => {
    const { page, goTo } = here;
    await goTo("/runs?flow=ingest");
    await expect.poll(listed).toHaveLength(1);
    await press(page, "x", "r");
    await shown(page.getByText("1 run retried from failed"));
    const run = await studio.newest("ingest");
    await studio.reached(run.id, "Failed");
    await press(page, "Delete");
    const sure = page.getByRole("alertdialog");
    await sure.getByText("Their records, logs and results are forgotten.").waitFor();
    await sure.getByRole("button", { name: "Remove 1 run" }).press("Enter");
    await page.getByText("No run fits these filters.").waitFor();
  });

  it("takes in by itself what another process runs", async () => {
    const { page, goTo } = here;
    await goTo("/runs?flow=log-report");
    await page.getByText("No run fits these filters.").waitFor();
    await studio.call("run", "log-report", "--quiet");
    await expect.poll(listed, { timeout: 10_000 }).toEqual(["log-report"]);
    await page.getByRole("row", { name: /Completed/ }).waitFor();
  });

  it("has its columns' order in the address", async () => {
    const { page, goTo } = here;
    await goTo("/runs");
    await page.getByRole("columnheader", { name: "Duration" }).press("Enter");
    await expect.poll(() => new URL(page.url()).search).toContain("sort=longest");
    await page
      .getByRole("columnheader", { name: "Duration" })
      .and(page.locator("[aria-sort=descending]"))
      .waitFor();
  });
});
