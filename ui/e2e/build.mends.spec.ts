// What a person meets when something else goes wrong while a flow is edited: its file is deleted, another program
// writes the same lines, a run is asked for before the text is saved.

import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browser, session, shown } from "./browser";
import { Studio, until } from "./studio";

const GOES = "name: goes\n\n# what it does\ntasks:\n  one: { value: 1 }\n";
const TWICE = "name: twice\n\n# what it does\ntasks:\n  one: { value: 1 }\n";
const RUNS = "name: runs\ntasks:\n  one: { value: 1 }\n";
const WRONG = "name: wrong\ntasks:\n  one: { valeu: 1 }\n";

let studio: Studio;
let on: Browser;

beforeAll(async () => {
  studio = await Studio.start(async (prepared) => prepared.flows(GOES, TWICE, RUNS, WRONG), "nothing");
  on = await browser();
});

afterAll(async () => {
  await on?.close();
  await studio?.stop();
});

const place = (name: string) => join(studio.folder, "work", `${name}.flow.yaml`);
const file = (name: string) => readFile(place(name), "utf8");

/** Types at the end of a line of the text. */
async function typeAt(page: Page, line: string, text: string): Promise<void> {
  await page.locator(".cm-line", { hasText: line }).first().click();
  await page.keyboard.press("End");
  await page.keyboard.type(text);
}

describe("a file that another program deletes", () => {
  it("is told of, keeps what was not saved over a reload, and is written again", async () => {
    const { context, page, goTo } = await session(on, studio);
    await goTo("/flows/goes");
    await rm(place("goes"));
    await shown(page.getByText("The file was deleted"));
    await typeAt(page, "# what it does", " TYPED");
    await page.keyboard.press("Control+s");
    await shown(page.getByText("Not saved: The file was deleted"));
    await until("the draft is kept", async () => {
      const { drafts } = await studio.ask<{ drafts: { text: string }[] }>("/drafts");
      return drafts.some(({ text }) => text.includes("TYPED")) ? true : null;
    });
    await page.reload();
    await page.getByRole("heading", { name: "The file was deleted" }).waitFor();
    await page.locator("pre", { hasText: "what it does TYPED" }).waitFor();
    await page.getByRole("button", { name: "Write it again" }).press("Enter");
    await page.locator(".cm-line", { hasText: "what it does TYPED" }).waitFor();
    expect(await file("goes")).toBe(GOES.replace("# what it does", "# what it does TYPED"));

    await typeAt(page, "# what it does", " AND MORE");
    await rm(place("goes"));
    await page.getByRole("button", { name: "Write it again" }).press("Enter");
    await until("it is written", async () => {
      const text = await file("goes").catch(() => "");
      return text.includes("TYPED AND MORE") ? true : null;
    });
    await page.getByText("The file was deleted").waitFor({ state: "detached" });
    await page.getByRole("button", { name: /^Save/, disabled: true }).waitFor();
    expect((await studio.ask<{ drafts: unknown[] }>("/drafts")).drafts).toEqual([]);
    await context.close();
  });
});

describe("two changes of the same lines", () => {
  it("are told of without a key being taken, and are shown when asked for", async () => {
    const { context, page, goTo } = await session(on, studio);
    await goTo("/flows/twice");
    const before = await file("twice");
    await typeAt(page, "# what it does", " MINE");
    await studio.write("twice.flow.yaml", before.replace("# what it does", "# THEIRS"));
    const show = page.getByRole("button", { name: "Show both" });
    await show.waitFor();
    await page.keyboard.type(" and goes on");
    await page.locator(".cm-line", { hasText: "# what it does MINE and goes on" }).waitFor();
    const dialog = page.getByRole("dialog", { name: "Two changes of the same lines" });
    expect(await dialog.count()).toBe(0);
    await show.press("Enter");
    await dialog.locator("pre", { hasText: "MINE and goes on" }).first().waitFor();
    await page.keyboard.press("Space");
    expect(await dialog.getByRole("radio", { checked: true }).count()).toBe(0);
    await dialog.getByText("0 of 1 decided").waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Space");
    await dialog.getByText("1 of 1 decided").waitFor();
    await dialog.getByRole("button", { name: "Use this text" }).press("Enter");
    await page.getByRole("button", { name: "Show both" }).waitFor({ state: "detached" });
    await page.locator(".cm-line", { hasText: "# what it does MINE and goes on" }).waitFor();
    await context.close();
  });
});

describe("a run that is asked for while a flow is edited", () => {
  it("begins by its key from the text and from a field, and not through a dialog", async () => {
    const { context, page, goTo } = await session(on, studio);
    await goTo("/flows/runs");
    const form = page.getByRole("dialog", { name: "Run runs" });
    await page.locator(".cm-line", { hasText: "value: 1" }).first().click();
    await page.keyboard.press("Control+Enter");
    await form.waitFor();
    await page.keyboard.press("Escape");
    await form.waitFor({ state: "detached" });
    const inspector = page.getByRole("complementary", { name: "Task one" });
    await inspector.getByRole("textbox").first().click();
    await page.keyboard.press("Control+Enter");
    await form.waitFor();
    await page.keyboard.press("Escape");
    await form.waitFor({ state: "detached" });
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").press("Control+Enter");
    expect(await form.count()).toBe(0);
    await context.close();
  });

  it("offers to save first where the text is not saved, and runs the new version", async () => {
    const { context, page, goTo } = await session(on, studio);
    await goTo("/flows/runs");
    await typeAt(page, "value: 1", " # NEW");
    await page.keyboard.press("Control+Enter");
    const form = page.getByRole("dialog", { name: "Run runs" });
    await form.getByText("The text has unsaved changes.").waitFor();
    expect(await file("runs")).toBe(RUNS);
    await form.getByRole("button", { name: "Run what is saved" }).press("Enter");
    await page.waitForURL(/\/runs\/\d/);
    expect(await file("runs")).toBe(RUNS);
    await page.goBack();
    await page.locator(".cm-line", { hasText: "# NEW" }).waitFor();
    await page.getByRole("button", { name: /^Run…/ }).press("Enter");
    await form.getByRole("button", { name: /^Save and run/ }).waitFor();
    await page.keyboard.press("Enter");
    await form.waitFor({ state: "detached" });
    await page.waitForURL(/\/runs\/\d/);
    expect(await file("runs")).toContain("# NEW");
    const saved = await studio.ask<{ version: string }>("/flows/runs");
    const { id } = await studio.newest("runs");
    const { run } = await studio.ask<{ run: { version: string } }>(`/runs/${id}`);
    expect(run.version).toBe(saved.version);
    await context.close();
  });

  it("leads to saving where the file is wrong and the text is right, and asks what the new version asks", async () => {
    const { context, page, goTo } = await session(on, studio);
    await goTo("/flows/wrong");
    const run = page.getByRole("button", { name: /^Run…/ });
    await page.getByRole("button", { name: /^Run…/, disabled: true }).waitFor();
    const line = page.locator(".cm-line", { hasText: "valeu" });
    await line.click();
    await page.keyboard.press("Control+a");
    await page.keyboard.insertText(
      "name: wrong\nparameters:\n  much: { type: integer, default: 3 }\ntasks:\n  one: { value: 1 }\n",
    );
    await expect.poll(() => run.isEnabled()).toBe(true);
    await run.press("Enter");
    const form = page.getByRole("dialog", { name: "Run wrong" });
    await form.getByText("What is saved has mistakes; the text is right.").waitFor();
    expect(await form.getByRole("button", { name: "Run what is saved" }).isDisabled()).toBe(true);
    await form.getByRole("button", { name: /^Save and run/ }).press("Enter");
    await form.getByLabel(/much/).fill("4");
    await page.keyboard.press("Control+Enter");
    await page.waitForURL(/\/runs\/\d/);
    const { id } = await studio.newest("wrong");
    const detail = await studio.ask<{ run: { parameters: unknown } }>(`/runs/${id}`);
    expect(detail.run.parameters).toMatchObject({ much: 4 });
    await context.close();
  });
});

describe("an engine that was away", () => {
  it("is asked again once it is back, and has what was not saved", async () => {
    const { context, page, goTo } = await session(on, studio);
    await goTo("/flows/twice");
    await studio.pause();
    await typeAt(page, "one: { value: 1 }", " # AWAY");
    await page.keyboard.press("Control+s");
    await shown(page.getByText(/Not written: the engine does not answer/));
    await shown(page.getByText(/The engine does not answer: what is drawn/));
    await studio.resume();
    await expect
      .poll(() => page.getByText(/the engine does not answer/i).count(), { timeout: 20_000 })
      .toBe(0);
    await until("the draft is kept", async () => {
      const { drafts } = await studio.ask<{ drafts: { text: string }[] }>("/drafts");
      return drafts.some(({ text }) => text.includes("# AWAY")) ? true : null;
    });
    await page.keyboard.press("Control+s");
    await page.getByRole("button", { name: /^Save/, disabled: true }).waitFor();
    expect(await file("twice")).toContain("# AWAY");
    await context.close();
  });
});

describe("the keyboard", () => {
  it("goes to the name of a new flow, then to its page, and back from the form of a run", async () => {
    const { context, page, goTo } = await session(on, studio);
    const focused = () => page.evaluate(() => document.activeElement?.id || document.activeElement?.tagName);
    await goTo("/flows");
    await page.keyboard.press("n");
    await page.getByRole("dialog", { name: "New flow" }).waitFor();
    await page.keyboard.type("typed");
    expect(await page.getByRole("textbox", { name: "Name" }).inputValue()).toBe("typed");
    await page.getByRole("textbox", { name: "Command" }).fill("echo hello");
    await page.getByRole("button", { name: "Create" }).press("Enter");
    await page.locator(".title-code", { hasText: "typed" }).waitFor();
    await expect.poll(focused).toBe("main");
    const run = page.getByRole("button", { name: /^Run…/ });
    await run.press("Enter");
    await page.getByRole("dialog", { name: "Run typed" }).waitFor();
    await page.keyboard.press("Escape");
    await expect.poll(() => run.evaluate((button) => button === document.activeElement)).toBe(true);
    await page.getByRole("separator", { name: "Between text and canvas" }).waitFor();
    await context.close();
  });

  it("finds all its keys on a sheet that the window holds", async () => {
    const { context, page, goTo } = await session(on, studio);
    await goTo("/flows/runs");
    await page.locator("[data-work=canvas]").focus();
    await page.keyboard.press("?");
    const sheet = page.getByRole("dialog", { name: "Keys" });
    const { y = 0, height = 900 } = (await sheet.boundingBox()) ?? {};
    expect(y + height).toBeLessThanOrEqual(900);
    const columns = await sheet.locator("section").evaluateAll((all) =>
      all.map((one) => ({
        left: one.getBoundingClientRect().left,
        bottom: one.getBoundingClientRect().bottom,
      })),
    );
    const lefts = new Set(columns.map(({ left }) => Math.round(left)));
    expect(lefts.size).toBe(3);
    await context.close();
  });
});
