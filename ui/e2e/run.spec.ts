// One run, live: graph, timeline, tasks, log, error, and everything a person can do to it.

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { RunDetail } from "../src/api/types";
import { browser, press, type Session, session, shown, tabTo } from "./browser";
import { ASKS, CALLED, CALLS, INGEST, NIGHTLY, SLOW, STEPS } from "./flows";
import { Studio } from "./studio";

let studio: Studio;
let on: Browser;
let here: Session;

beforeAll(async () => {
  studio = await Studio.start(async (prepared) => {
    await prepared.flows(NIGHTLY, INGEST, SLOW, ASKS, STEPS, CALLS, CALLED);
    await prepared.call("run", "weather", "--quiet");
    await prepared.call("run", "weather", "--quiet", "-p", "year=2014");
    await prepared.call("run", "ingest", "--quiet");
    await prepared.call("run", "nightly", "--quiet");
  });
  on = await browser();
  here = await session(on, studio);
});

afterAll(async () => {
  await on?.close();
  await studio?.stop();
});

beforeEach(async () => {
  // What one test chose of views is not the next one's.
  await here.page.evaluate(() => localStorage.clear());
});

function node(name: string) {
  return here.page.getByRole("application", { name: /^Graph of/ }).getByRole("img", { name });
}

function bar(name: RegExp) {
  return here.page.getByRole("tree", { name: /Timeline/ }).getByRole("treeitem", { name });
}

function lines() {
  return here.page.getByRole("log").locator(".ll");
}

describe("a run that goes on", () => {
  it("shows a run that it calls within its graph, as it goes", async () => {
    const { page, goTo } = here;
    const run = await studio.run("calls");
    await goTo(`/runs/${run.id}`);
    await node("call, flow, Running").waitFor();
    const graph = page.getByRole("application", { name: /^Graph of/ });
    await graph.getByTitle("Open call here").click();
    await node("begin of the flow called, shell, Completed").waitFor();
    await node("wait of the flow called, shell, Running").click();
    const side = page.getByRole("complementary", { name: "Task wait" });
    await side.getByText("A task of the flow called").waitFor();
    await studio.write("let-go", "");
    await node("wait of the flow called, shell, Completed").waitFor();
    await graph.getByRole("group", { name: "call, Completed, flow called, opened here" }).waitFor();
    await page.getByRole("button", { name: "Step list" }).click();
    const steps = page.getByRole("tree", { name: "Graph of calls" });
    await steps.getByRole("treeitem", { name: /^wait Completed/ }).waitFor();
    await steps.focus();
    await press(page, "Home", "ArrowDown", "ArrowLeft");
    await steps.getByRole("treeitem", { name: /^wait/ }).waitFor({ state: "detached" });
    await press(page, "ArrowRight");
    await steps.getByRole("treeitem", { name: /^wait Completed/ }).click();
    await side.getByRole("link", { name: /^[0-9a-f]{8}$/ }).press("Enter");
    await expect.poll(() => page.url()).not.toContain(run.id);
    await node("wait, shell, Completed").waitFor();
  });

  it("lights up its graph, its timeline and its log as it goes", async () => {
    const { page, goTo } = here;
    const run = await studio.run("steps");
    await goTo(`/runs/${run.id}`);
    await node("one, shell, Running").waitFor();
    await node("two, shell, Not begun").or(node("two, shell, Pending")).waitFor();
    await bar(/Running one/).waitFor();
    await page.getByText("one begins").waitFor();
    await studio.write("step-1", "");
    await node("one, shell, Completed").waitFor();
    await node("two, shell, Running").waitFor();
    await bar(/Completed one/).waitFor();
    await page.getByText("two begins").waitFor();
    await studio.write("step-2", "");
    await node("three, shell, Running").waitFor();
    await studio.write("step-3", "");
    await node("three, shell, Completed").waitFor();
    await shown(page.getByRole("banner").or(page.locator("header.top")).getByText("Completed"));
    await page
      .getByRole("complementary", { name: "About the run" })
      .getByText('"done"')
      .or(page.getByText("done"))
      .first()
      .waitFor();
    expect(await page.getByRole("button", { name: "Cancel" }).count()).toBe(0);
  });

  it("ends when a person cancels it, by keyboard", async () => {
    const { page, goTo } = here;
    const run = await studio.run("slow");
    await goTo(`/runs/${run.id}`);
    await page.getByText("waiting").waitFor();
    await tabTo(page, /^Cancel$/);
    await press(page, "Enter");
    await studio.reached(run.id, "Cancelled");
    await node("wait, shell, Cancelled").waitFor();
    await page.locator("header.top").getByText("Cancelled").waitFor();
  });

  it("of another process appears, and is cancelled from here", async () => {
    const { page, goTo } = here;
    await goTo("/runs?flow=slow&state=running");
    const other = studio.spawn("run", "slow", "--quiet");
    try {
      await press(page, "j", "k");
      const row = await shown(page.getByRole("row", { name: /Running/ }));
      await row.waitFor();
      await press(page, "Enter");
      await page.waitForURL(/\/runs\/[0-9a-f-]{36}/);
      await here.settle();
      await page.getByText("waiting").waitFor();
      await page.getByRole("button", { name: "Cancel" }).click();
      await page.locator("header.top").getByText("Cancelled").waitFor();
    } finally {
      other.kill("SIGTERM");
    }
  });
});

describe("a question", () => {
  it("is answered with its fields; a wrong value is refused at its field", async () => {
    const { page, goTo } = here;
    const run = await studio.run("asks");
    await studio.reached(run.id, "Paused");
    await goTo(`/runs/${run.id}`);
    await page.getByText("waits for an answer: Send News of November to 4210 readers?").waitFor();
    // How long it is open stands in the timeline, as how long it took does afterwards.
    await bar(/Paused ask .*open/).waitFor();
    expect(
      await bar(/Paused ask/)
        .locator(".gbar.s-paused")
        .count(),
    ).toBe(1);
    await press(page, "a");
    const form = page.getByRole("dialog");
    await form.getByLabel(/copies/).fill("9");
    await press(page, "Enter");
    await form.locator(".problem", { hasText: /copies.*5/ }).waitFor();
    await form.getByLabel(/copies/).fill("2");
    await form.getByLabel(/note/).fill("as agreed");
    await press(page, "Enter");
    await form.waitFor({ state: "detached" });
    await studio.reached(run.id, "Completed");
    await node("sent, shell, Completed").waitFor();
    await page.getByText("sent 2").waitFor();
    await page.reload();
    await here.settle();
    expect(
      await bar(/Completed ask/)
        .locator(".gbar.s-completed")
        .count(),
    ).toBe(1);
  });

  it("is rejected", async () => {
    const { page, goTo } = here;
    const run = await studio.run("asks");
    await studio.reached(run.id, "Paused");
    await goTo(`/runs/${run.id}`);
    await page.getByRole("button", { name: "Reject" }).press("Enter");
    await studio.reached(run.id, "Failed");
    await shown(page.locator("header.top").getByText("Failed"));
  });
});

describe("a run that failed", () => {
  it("says which task, why, and shows the lines that matter", async () => {
    const { page, goTo } = here;
    const run = await studio.newest("nightly");
    await goTo(`/runs/${run.id}`);
    const about = page.getByRole("complementary", { name: "About the run" });
    await about.getByText("attempt 3 of 3 failed: exit code 3").first().waitFor();
    await about.getByText("no such table: visits_3").waitFor();
    await about.getByRole("button", { name: "load", exact: true }).click();
    const task = page.getByRole("complementary", { name: "Task load" });
    await task.getByText("Error of attempt 3").waitFor();
    await task.getByText("exit code 3").waitFor();
    await task.getByText("no such table: visits_3").waitFor();
    await task.getByRole("tab", { name: /Attempts/ }).click();
    await expect.poll(() => task.getByRole("listitem").count()).toBe(3);
    // What is chosen filters the log.
    await expect.poll(() => lines().count()).toBe(6);
    await page.getByRole("button", { name: /Show the whole log/ }).click();
    await expect.poll(() => lines().count()).toBe(7);
  });

  it("has a bar for each task that filters the log, by keyboard", async () => {
    const { page, goTo } = here;
    await goTo(`/runs/${(await studio.newest("nightly")).id}`);
    await expect.poll(() => lines().count()).toBe(7);
    await page.getByRole("tree", { name: /Timeline/ }).focus();
    await press(page, "ArrowDown");
    await page.getByRole("complementary", { name: "Task fetch" }).waitFor();
    await expect.poll(() => lines().allTextContents()).toHaveLength(1);
    await page.getByRole("log").getByText("fetched 2026").waitFor();
    await press(page, "Escape");
    await page.getByRole("complementary", { name: "About the run" }).waitFor();
    await expect.poll(() => lines().count()).toBe(7);
  });

  it("walks its graph by arrows, and has it as a list", async () => {
    const { page, goTo } = here;
    await goTo(`/runs/${(await studio.newest("nightly")).id}`);
    await page.getByRole("application", { name: /^Graph of/ }).focus();
    await press(page, "ArrowDown", "ArrowDown");
    await page.getByRole("complementary", { name: "Task load" }).waitFor();
    await page.getByRole("button", { name: "Step list" }).press("Enter");
    const steps = page.getByRole("tree", { name: /Graph of/ });
    await steps.getByRole("treeitem", { name: /load.*Failed/ }).waitFor();
    await steps.focus();
    await press(page, "Home");
    await page.getByRole("complementary", { name: "Task fetch" }).waitFor();
  });

  it("finds text in its log, and steps from match to match", async () => {
    const { page, goTo } = here;
    await goTo(`/runs/${(await studio.newest("nightly")).id}`);
    await press(page, "/");
    await page.keyboard.type("no such table");
    const found = page.locator(".find [role=status]");
    await expect.poll(() => found.textContent()).toBe("3");
    await press(page, "Enter");
    await expect.poll(() => found.textContent()).toBe("1 of 3");
    await press(page, "Enter", "Enter");
    await expect.poll(() => found.textContent()).toBe("3 of 3");
    expect(await page.getByRole("log").locator("mark").count()).toBe(3);
    await press(page, "Escape");
    await expect.poll(() => page.getByRole("log").locator("mark").count()).toBe(0);
  });

  it("shows a mapped task's items, and of them those in a state", async () => {
    const { page, goTo } = here;
    await goTo(`/runs/${(await studio.newest("ingest")).id}`);
    await shown(bar(/Failed.*\[5\]/));
    await page.getByRole("tab", { name: /Tasks/ }).click();
    const table = page.getByRole("treegrid", { name: "Task runs" });
    await table.getByRole("row", { name: /parts\/read/ }).waitFor();
    await page.getByLabel("State").selectOption("failed");
    await table.getByRole("row", { name: /read\[31\]/ }).click();
    await page.getByRole("complementary", { name: "Task parts/read[31]" }).waitFor();
    await page.getByRole("log").getByText("part 31 is torn").waitFor();
  });

  it("is retried from what failed, and keeps what completed", async () => {
    const { page, goTo } = here;
    const run = await studio.run("nightly");
    await studio.reached(run.id, "Failed");
    await studio.write("mended", "");
    await goTo(`/runs/${run.id}`);
    await press(page, "r");
    await studio.reached(run.id, "Completed");
    await node("report, shell, Completed").waitFor();
    const { attempt } = await studio.ask<RunDetail>(`/runs/${run.id}`);
    expect(attempt).toBe(2);
    expect(await page.getByText("fetched 2026").count()).toBe(1);
  });
});

describe("two runs", () => {
  it("are compared: what went in, how long, what came out", async () => {
    const { page, goTo } = here;
    const run = await studio.newest("weather");
    await goTo(`/runs/${run.id}`);
    await press(page, "c");
    const menu = page.getByRole("menu");
    await shown(menu.getByRole("menuitem"));
    await press(page, "ArrowDown", "Enter");
    await page.waitForURL(/\/compare\//);
    await here.settle();
    const inputs = page.getByRole("region", { name: "What went in" });
    await inputs.getByText("2014").waitFor();
    await inputs.getByText("2015").waitFor();
    await press(page, "d");
    await shown(page.getByRole("region", { name: "Tasks" }).getByText("chart"));
    const [before] = await page.locator(".cmp code, .cmp a.mono").allTextContents();
    await press(page, "s");
    await expect
      .poll(async () => (await page.locator(".cmp code, .cmp a.mono").allTextContents())[0])
      .not.toBe(before);
  });

  it("and one of them is run again with the same parameters", async () => {
    const { page, goTo } = here;
    const run = await studio.newest("weather");
    await goTo(`/runs/${run.id}`);
    await page.getByRole("button", { name: "More" }).press("Enter");
    await shown(page.getByRole("menuitem", { name: /Run again/ }));
    await press(page, "Enter");
    await page.waitForURL(
      (url) => /\/runs\/[0-9a-f-]{36}/.test(url.pathname) && !url.pathname.endsWith(run.id),
    );
    const again = await studio.newest("weather");
    expect(again.parameters).toEqual(run.parameters);
  });
});
