// The fields of expressions offer what the engine knows: its filters, tests and functions, each with what it is for.

import type { Browser, Locator } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browser, press, type Session, session } from "./browser";
import { Studio } from "./studio";

const LISTED = `
name: listed
tasks:
  cities: { value: [oslo, berlin] }
  tell: { needs: [cities], value: "" }
`.trimStart();

let studio: Studio;
let on: Browser;
let here: Session;

beforeAll(async () => {
  studio = await Studio.start((prepared) => prepared.flows(LISTED), "nothing");
  const run = await studio.run("listed");
  await studio.reached(run.id, "Completed");
  on = await browser();
  here = await session(on, studio);
  await here.goTo("/flows/listed");
  await here.page.locator('[aria-label^="tell, "]').click();
});

afterAll(async () => {
  await on?.close();
  await studio?.stop();
});

const options = (): Locator => here.page.getByRole("option");

/** Writes anew into the condition of the task. */
async function write(text: string): Promise<void> {
  const when = here.page
    .getByRole("complementary", { name: "Task tell" })
    .getByRole("textbox", { name: "When" });
  await when.click();
  await press(here.page, "Escape", "Control+a", "Delete");
  await here.page.keyboard.type(text);
}

/** What is said of the option that is chosen, once a person can see it. */
async function explained(): Promise<string | null> {
  return here.page.locator(".about-builtin").evaluate((about) => {
    const { x, y, width, height } = about.getBoundingClientRect();
    const seen = document.elementFromPoint(x + width / 2, y + height / 2);
    return about.contains(seen) ? about.textContent : null;
  });
}

describe("an expression field", () => {
  it("offers filters behind a bar, says what one is for, and takes it by keyboard", async () => {
    await write("{{ tasks.cities.output | le");
    await here.page.getByRole("option", { name: /^length/, selected: true }).waitFor();
    await expect.poll(explained).toBe("how many items, keys or letters there are[1, 2] | length gives 2");
    expect(await options().filter({ hasText: "defined" }).count()).toBe(0);
    await press(here.page, "Enter");
    await here.page.keyboard.type(" == 2");
    await here.page.getByText("true", { exact: true }).first().waitFor();
  });

  it("offers all of them as soon as the bar stands there", async () => {
    await write("{{ tasks.cities.output |");
    await options().filter({ hasText: /^abs/ }).waitFor();
    await options()
      .filter({ hasText: /^dictsort/ })
      .waitFor();
  });

  it("offers tests behind `is`, and behind `is not`", async () => {
    await write("{{ tasks.cities.output is se");
    await here.page.getByRole("option", { name: /^sequence/ }).waitFor();
    await write("{{ tasks.cities.output is not def");
    await here.page.getByRole("option", { name: /^defined/, selected: true }).waitFor();
    await expect.poll(explained).toBe("there is such a valuemissing is defined gives false");
    expect(await options().filter({ hasText: "default" }).count()).toBe(0);
  });

  it("offers functions beside the names in scope", async () => {
    await write("{{ ra");
    await here.page.getByRole("option", { name: /^range/, selected: true }).waitFor();
    await write("{{ ta");
    await here.page.getByRole("option", { name: /^tasks/, selected: true }).waitFor();
    await press(here.page, "Escape");
  });
});
