// A flow's file while it is edited: saved, changed elsewhere, kept over a crash, renamed, restored.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browser, session, shown } from "./browser";
import { Studio, until } from "./studio";

const FLOW =
  "name: plain\n\n# what it does\ntasks:\n  one: { value: 1 }\n\n  two:\n    needs: [one]\n    value: 2\n";
const CALLER = "name: caller\ntasks:\n  call: { flow: plain } # by its name\n";

let studio: Studio;
let on: Browser;

beforeAll(async () => {
  studio = await Studio.start(async (prepared) => prepared.flows(FLOW, CALLER), "nothing");
  on = await browser();
});

afterAll(async () => {
  await on?.close();
  await studio?.stop();
});

const file = (name: string) => readFile(join(studio.folder, "work", `${name}.flow.yaml`), "utf8");

/** Types at the end of a line of the text. */
async function typeAt(page: Page, line: string, text: string): Promise<void> {
  await page.locator(".cm-line", { hasText: line }).first().click();
  await page.keyboard.press("End");
  await page.keyboard.type(text);
}

describe("a flow's file", () => {
  it("is written by Save, with everything else as it was", async () => {
    const { context, page, goTo, trouble } = await session(on, studio);
    await goTo("/flows/plain");
    await typeAt(page, "one: { value: 1 }", " # first");
    await page.keyboard.press("Control+s");
    await page.getByRole("button", { name: /^Save/, disabled: true }).waitFor();
    expect(await file("plain")).toBe(FLOW.replace("{ value: 1 }", "{ value: 1 } # first"));
    expect(trouble).toEqual([]);
    await context.close();
  });

  it("takes another program's change at once, and joins it with what is not saved", async () => {
    const { context, page, goTo } = await session(on, studio);
    await goTo("/flows/plain");
    const before = await file("plain");
    await studio.write("plain.flow.yaml", before.replace("value: 2", "value: 22"));
    await shown(page.getByText("Another program changed the file; this is its text now."));
    await typeAt(page, "# what it does", ", and more");
    await studio.write("plain.flow.yaml", before.replace("value: 2", "value: 23"));
    await shown(page.getByText(/both changes are in the text/));
    await page.keyboard.press("Control+s");
    await page.getByRole("button", { name: /^Save/, disabled: true }).waitFor();
    const after = await file("plain");
    expect(after).toContain("# what it does, and more");
    expect(after).toContain("value: 23");
    await context.close();
  });

  it("shows both sides of the same lines, and loses neither", async () => {
    const { context, page, goTo } = await session(on, studio);
    await goTo("/flows/plain");
    const before = await file("plain");
    await typeAt(page, "# what it does", " MINE");
    await studio.write("plain.flow.yaml", before.replace("# what it does", "# THEIRS"));
    await page.getByRole("button", { name: "Show both" }).press("Enter");
    const dialog = page.getByRole("dialog", { name: "Two changes of the same lines" });
    await dialog.waitFor();
    await dialog.locator("pre", { hasText: "what it does, and more MINE" }).first().waitFor();
    await dialog.locator("pre", { hasText: "THEIRS" }).first().waitFor();
    await dialog.getByRole("radio", { name: "Both" }).press("Space");
    await dialog.getByRole("button", { name: "Use this text" }).press("Enter");
    await dialog.waitFor({ state: "detached" });
    await page.keyboard.press("Control+s");
    await until("both are saved", async () => {
      const text = await file("plain");
      return text.includes("MINE") && text.includes("THEIRS") ? true : null;
    });
    await context.close();
  });

  it("keeps what is not saved over the end of the window", async () => {
    const first = await session(on, studio);
    await first.goTo("/flows/plain");
    await typeAt(first.page, "one: { value: 1 }", " KEPT");
    await until("the draft is kept", async () => {
      const { drafts } = await studio.ask<{ drafts: unknown[] }>("/drafts");
      return drafts.length > 0 ? true : null;
    });
    await first.context.close();
    const { context, page, goTo } = await session(on, studio);
    await goTo("/flows/plain");
    await shown(page.getByText("These changes were not saved when the studio was last closed."));
    await page.locator(".cm-line", { hasText: "KEPT" }).waitFor();
    await page.getByRole("button", { name: "Discard them" }).click();
    await page.locator(".cm-line", { hasText: "KEPT" }).waitFor({ state: "detached" });
    await until("no draft is left", async () => {
      const { drafts } = await studio.ask<{ drafts: unknown[] }>("/drafts");
      return drafts.length === 0 ? true : null;
    });
    await context.close();
  });

  it("gets another name, and who calls it follows", async () => {
    const { context, page, goTo } = await session(on, studio);
    await goTo("/flows/plain");
    await page.getByRole("button", { name: "More of this flow" }).press("Enter");
    await page.getByRole("menuitem", { name: "Rename…" }).press("Enter");
    await page.getByRole("textbox", { name: "Name" }).fill("renamed");
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.pathname === "/flows/renamed");
    expect(await file("caller")).toBe(CALLER.replace("flow: plain", "flow: renamed"));
    expect(await file("renamed")).toContain("name: renamed");
    await page.getByRole("button", { name: "More of this flow" }).press("Enter");
    await page.getByRole("menuitem", { name: "Delete…" }).press("Enter");
    await page.getByRole("button", { name: "Delete", exact: true }).press("Enter");
    await page.getByText("Other flows need it").waitFor();
    await page.getByRole("button", { name: "Keep" }).press("Enter");
    await context.close();
  });

  it("is the version again that a person restores", async () => {
    const { context, page, goTo } = await session(on, studio);
    await goTo("/flows/renamed?tab=versions");
    await page.getByRole("list", { name: "Versions" }).getByRole("button").nth(2).click();
    await page.getByRole("button", { name: /^Restore/ }).press("Enter");
    await shown(page.getByText(/The file is version [0-9a-f]{12} again/));
    await context.close();
  });

  it("begins with a command that is pasted", async () => {
    const { context, page, goTo, trouble } = await session(on, studio);
    await goTo("/flows");
    await page.keyboard.press("n");
    await page.getByRole("textbox", { name: "Name" }).fill("pasted");
    await page.getByRole("textbox", { name: "Command" }).fill("echo one\necho two");
    await page.getByRole("button", { name: "Create" }).press("Enter");
    await page.waitForURL((url) => url.pathname === "/flows/pasted");
    await page.locator(".title-code", { hasText: "pasted" }).waitFor();
    expect(await file("pasted")).toBe(
      "name: pasted\ntasks:\n  run:\n    shell: |-\n      echo one\n      echo two\n",
    );
    expect(trouble).toEqual([]);
    await context.close();
  });
});
