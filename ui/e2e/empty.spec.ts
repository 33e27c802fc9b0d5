// A folder without a flow: an example becomes one, and runs, with one press.

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { browser, Studio, session, settled } from "./studio";

let studio: Studio;
let on: Browser;

beforeAll(async () => {
  studio = await Studio.start((prepared) => prepared.clear());
  on = await browser();
});

afterAll(async () => {
  await on?.close();
  await studio?.stop();
});

it("runs an example with one press", async () => {
  const { context, page, trouble } = await session(on, studio);
  await settled(page);
  await page.getByRole("heading", { name: "No flows in this folder yet" }).waitFor();
  await page.getByRole("button", { name: "Create and run hello" }).press("Enter");
  await page.waitForURL(/\/runs\/[0-9a-f-]{36}/);
  await page.getByText("Completed").first().waitFor();
  await page.goto(`${studio.address}/flows/hello`);
  await page.getByText("hello.flow.yaml").first().waitFor();
  await page.goto(studio.address);
  await page.getByRole("heading", { name: "Everything is as expected" }).waitFor();
  expect(trouble).toEqual([]);
  await context.close();
});
