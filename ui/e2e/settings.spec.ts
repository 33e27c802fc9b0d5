// Settings: variables, limits, secrets that go in and never come out, settings with their defaults.

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browser, press, type Session, session, shown, tabTo } from "./browser";
import { Studio } from "./studio";

const SECRET = "a-very-secret-value";

let studio: Studio;
let on: Browser;
let here: Session;

beforeAll(async () => {
  studio = await Studio.start(async () => {}, "nothing");
  on = await browser();
  here = await session(on, studio);
});

afterAll(async () => {
  await on?.close();
  await studio?.stop();
});

describe("settings", () => {
  it("keep a variable, change it and forget it, by keyboard alone", async () => {
    const { page, goTo } = here;
    await goTo("/settings");
    await tabTo(page, /^Add variable$/);
    await press(page, "Enter");
    await page.keyboard.type("region");
    await press(page, "Tab");
    await page.keyboard.type("north");
    await press(page, "Enter");
    await page.getByText("north").waitFor();
    expect((await studio.call("vars", "ls", "--json")).includes("north")).toBe(true);
    await tabTo(page, /^Change region$/);
    await press(page, "Enter", "Control+A");
    await page.keyboard.type("south");
    await press(page, "Enter");
    await page.getByText("south").waitFor();
    await tabTo(page, /^Remove region$/);
    await press(page, "Enter");
    const sure = page.getByRole("alertdialog");
    await sure.waitFor();
    await tabTo(page, /^Remove$/);
    await press(page, "Enter");
    await expect.poll(() => page.getByText("south").count()).toBe(0);
    expect((await studio.call("vars", "ls", "--json")).includes("region")).toBe(false);
  });

  it("seal a secret, and never show it again", async () => {
    const { page, goTo } = here;
    const answers: string[] = [];
    page.on("response", (response) => {
      if (response.url().includes("/api/v1/"))
        void response.text().then(
          (text) => answers.push(text),
          () => {},
        );
    });
    await goTo("/settings");
    await page.getByRole("button", { name: "Add secret" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill("TOKEN");
    const value = page.getByLabel("value");
    expect(await value.getAttribute("type")).toBe("password");
    await value.fill(SECRET);
    await press(page, "Enter");
    await page.getByRole("button", { name: "Replace TOKEN" }).waitFor();
    await goTo("/settings");
    await page.getByRole("button", { name: "Replace TOKEN" }).waitFor();
    expect(await page.content()).not.toContain(SECRET);
    expect(answers.filter((answer) => answer.includes(SECRET))).toEqual([]);
    expect(await studio.call("secrets", "ls")).toContain("TOKEN");
  });

  it("hold tasks back by a limit, and refuse what is no number of slots", async () => {
    const { page, goTo } = here;
    await goTo("/settings");
    await page.getByRole("button", { name: "Add limit" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill("database");
    await page.getByLabel("slots", { exact: true }).fill("many");
    await press(page, "Enter");
    await shown(page.getByText("many is not a number of slots"));
    await page.getByRole("button", { name: "Add limit" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill("database");
    await page.getByLabel("slots", { exact: true }).fill("2");
    await press(page, "Enter");
    await page.getByText("2 slots").waitFor();
    await page.getByText("all free").waitFor();
  });

  it("take a value, refuse a wrong one with what is right, and go back to the default", async () => {
    const { page, goTo } = here;
    await goTo("/settings");
    await page.getByRole("button", { name: "Change logs.days" }).click();
    await page.getByRole("textbox", { name: "logs.days" }).fill("never");
    await press(page, "Enter");
    await shown(page.getByRole("list", { name: "Notices" }).getByText(/logs\.days|days/));
    await page.getByRole("button", { name: "Change logs.days" }).click();
    await page.getByRole("textbox", { name: "logs.days" }).fill("30");
    await press(page, "Enter");
    await page.getByRole("button", { name: "Default" }).waitFor();
    await page.getByRole("button", { name: "Default" }).press("Enter");
    await expect.poll(() => page.getByRole("button", { name: "Default" }).count()).toBe(0);
  });

  it("say what was found on the machine", async () => {
    const { page, goTo } = here;
    await goTo("/settings");
    await page.getByText(/Python 3\.\d+/).waitFor();
  });
});
