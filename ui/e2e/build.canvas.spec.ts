// The canvas to look at and to press: what stands on it stands above it, in sight and within reach.

import type { Browser, Locator } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browser, press, type Session, session } from "./browser";
import { Studio } from "./studio";

const SMALL = `
name: small
tasks:
  load: { value: 1 }
  check: { needs: [load], value: 2 }
  inner:
    tasks:
      one: { value: 1 }
`.trimStart();

const SCRIPTS = `
name: scripts
tasks:
  each:
    for_each: [1, 2]
    when: "{{ true }}"
    shell: "echo item {{ item }}"
`.trimStart();

let studio: Studio;
let on: Browser;
let here: Session;

beforeAll(async () => {
  studio = await Studio.start((prepared) => prepared.flows(SMALL, SCRIPTS), "nothing");
  on = await browser();
  here = await session(on, studio);
});

afterAll(async () => {
  await on?.close();
  await studio?.stop();
});

const canvas = (): Locator => here.page.getByRole("application", { name: /^The graph of/ });
const task = (path: string): Locator => canvas().locator(`[aria-label^="${path}, "]`);

async function open(flow: string): Promise<void> {
  await here.goTo(`/flows/${flow}`);
  await canvas().waitFor();
  await settled();
}

/** Waits until what is drawn is the text as it is now, laid out. */
async function settled(): Promise<void> {
  const busy = here.page.locator(".build-stage:is([aria-busy=true], :has([aria-busy=true]))");
  await expect.poll(() => busy.count()).toBe(0);
}

/** Whether a press on the middle of it meets it, and nothing that lies above. */
async function isOnTop(found: Locator): Promise<boolean> {
  return found.evaluate((element) => {
    const { x, y, width, height } = element.getBoundingClientRect();
    const met = document.elementFromPoint(x + width / 2, y + height / 2);
    return element.contains(met);
  });
}

describe("what belongs to the selected task", () => {
  it("is renamed in a field above it, which keeps a refused name to be written over", async () => {
    await open("small");
    for (const path of ["check", "inner"]) {
      await task(path).click({ position: { x: 60, y: 14 } });
      await press(here.page, "F2");
      const field = here.page.getByRole("textbox", { name: `Name of ${path}` });
      await field.waitFor();
      expect(await isOnTop(field), path).toBe(true);
      await here.page.keyboard.type("load");
      await press(here.page, "Enter");
      await expect.poll(() => field.getAttribute("aria-invalid")).toBe("true");
      await here.page.keyboard.type("again");
      expect(await field.inputValue()).toBe("again");
      await press(here.page, "Escape");
    }
  });

  it("has ports above it, each whole", async () => {
    await open("small");
    await task("check").click();
    for (const outcome of ["succeeded", "failed", "finished"]) {
      const port = canvas().locator(`[data-port=${outcome}]`);
      await port.waitFor();
      const corners = await port.evaluate((element) => {
        const { left, top, right, bottom } = element.getBoundingClientRect();
        const points = [left + 2, right - 2].flatMap((x) => [top + 2, bottom - 2].map((y) => ({ x, y })));
        return points.map(({ x, y }) => element.contains(document.elementFromPoint(x, y)));
      });
      expect(corners, outcome).toEqual([true, true, true, true]);
    }
  });
});

describe("braces in a script", () => {
  it("are no expression: nothing is evaluated, nothing tinted", async () => {
    await open("scripts");
    const part = here.page.getByRole("complementary", { name: /^Task / });
    await task("each").click();
    await part
      .getByRole("textbox", { name: "Script" })
      .or(part.getByRole("textbox", { name: "Shell" }))
      .waitFor();
    // What is evaluated is shown of the condition, and so would be of the script.
    await part.locator(".eval .given").first().waitFor();
    expect(await part.locator(".eval").allTextContents()).toHaveLength(1);
    const tinted = here.page.locator(".text-editor .text-expression");
    await expect.poll(() => tinted.allTextContents()).toEqual(["{{ true }}"]);
  });
});

describe("a small window", () => {
  for (const [width, height] of [
    [1024, 700],
    [720, 450],
    [640, 450],
  ] as const) {
    it(`has all buttons of both bars within reach at ${width} pixels`, async () => {
      await here.page.setViewportSize({ width, height });
      await open("small");
      const outside = await here.page.evaluate(() => {
        const buttons = document.querySelectorAll(
          ".top button, .top a, .build-tools button, .build-tools input",
        );
        return [...buttons].flatMap((button) => {
          const { x, y, width, height } = button.getBoundingClientRect();
          const met = document.elementFromPoint(x + width / 2, y + height / 2);
          const isWhole = x >= 0 && x + width <= innerWidth && button.contains(met);
          return isWhole ? [] : [button.getAttribute("aria-label") ?? button.textContent];
        });
      });
      await here.page.setViewportSize({ width: 1440, height: 900 });
      expect(outside).toEqual([]);
    });
  }
});
