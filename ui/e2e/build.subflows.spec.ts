// Flows that a flow calls, opened in place: on the canvas and in the list of steps, by mouse and by keyboard, as
// they are now, and never changed from there.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browser, press, type Session, session } from "./browser";
import { Studio, until } from "./studio";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let studio: Studio;
let on: Browser;
let here: Session;

const OUTER = `
name: outer
tasks:
  begin: { shell: echo begin }
  hello: { flow: greet, needs: [begin] }
  end: { needs: [hello], shell: echo end }
`.trimStart();
const GREET = `
name: greet
tasks:
  polite:
    tasks:
      say: { value: hello }
  deeper: { needs: [polite], flow: inner }
`.trimStart();
const INNER = "name: inner\ntasks:\n  one: { value: 1 }\n  two: { needs: [one], value: 2 }\n";
/** They call each other. */
const THERE = "name: there\ntasks:\n  go: { flow: back }\n";
const BACK = "name: back\ntasks:\n  come: { flow: there }\n";
const MISTAKEN = `
name: mistaken
tasks:
  nobody: { flow: nobody }
  torn: { flow: torn }
  itself: { flow: mistaken }
`.trimStart();

beforeAll(async () => {
  studio = await Studio.start(async (prepared) => {
    await prepared.flows(OUTER, GREET, INNER, THERE, BACK, MISTAKEN);
    for (const name of ["arranged", "listed"])
      await prepared.write(`${name}.flow.yaml`, OUTER.replace("outer", name));
    await prepared.write("torn.flow.yaml", "name: torn\ntasks: {");
  }, "nothing");
  on = await browser();
  here = await session(on, studio, "light", { viewport: TALL });
});

afterAll(async () => {
  await on?.close();
  await studio?.stop();
});

/** Room for flows within flows, at a size at which they can be read. */
const TALL = { width: 1600, height: 1400 };

/** The canvas of a flow. */
async function build(flow: string): Promise<Locator> {
  await here.goTo(`/flows/${flow}`);
  const canvas = here.page.getByRole("application", { name: /^The graph of/ });
  await canvas.waitFor();
  return canvas;
}

async function still(page: Page): Promise<void> {
  const busy = page.locator(".build-stage:is([aria-busy=true], :has([aria-busy=true]))");
  await expect.poll(() => busy.count()).toBe(0);
}

/** A task, by the beginning of what is said of it; not before nothing moves any more. */
async function drawn(canvas: Locator, name: string): Promise<Locator> {
  const task = canvas.locator(`[aria-label^="${name}"]`);
  await until(`${name} is drawn`, async () => {
    await still(here.page);
    if ((await task.count()) === 1) return true;
    // What is out of sight is not there.
    await here.page.getByRole("button", { name: "Zoom to fit" }).click();
    return null;
  });
  await still(here.page);
  return task;
}

function file(name: string): Promise<string> {
  return studio.ask<{ text: string }>(`/flows/${name}`).then(({ text }) => text);
}

interface Kept {
  positions: Record<string, object>;
  folded: string[];
  opened?: string[];
}

function layout(flow: string): Promise<Kept> {
  return studio.ask<{ layout: Kept }>(`/flows/${flow}/layout`).then(({ layout: found }) => found);
}

/** What is kept of a flow's layout, once these are open in it. */
function kept(flow: string, opened: readonly string[]): Promise<Kept> {
  return until(`${opened.join(", ")} are kept open`, async () => {
    const found = await layout(flow);
    return JSON.stringify(found.opened) === JSON.stringify(opened) ? found : null;
  });
}

describe("a flow that is called", () => {
  it("opens where it is called, by mouse, with what that one calls, and stays open", async () => {
    const canvas = await build("outer");
    const { page } = here;
    const hello = await drawn(canvas, "hello, flow");
    expect(await canvas.locator('[aria-label*="of the flow"]').count()).toBe(0);
    await hello.getByTitle("Open hello here").click();
    await drawn(canvas, "polite/say of the flow greet, value");
    const frame = await drawn(canvas, "hello, flow greet, opened here");
    const [around, inside] = [
      await frame.boundingBox(),
      await (await drawn(canvas, "deeper of the flow greet")).boundingBox(),
    ];
    if (!around || !inside) throw new Error("nothing is in sight");
    expect(inside.x).toBeGreaterThan(around.x);
    expect(inside.y + inside.height).toBeLessThan(around.y + around.height);
    await (await drawn(canvas, "deeper of the flow greet")).getByTitle("Open deeper here").click();
    await drawn(canvas, "two of the flow inner, value");
    await canvas.getByRole("button", { name: "Fold polite" }).click();
    await drawn(canvas, "polite of the flow greet, group of 1 task");
    const { folded } = await kept("outer", ["hello", "hello//deeper"]);
    expect(folded).toEqual(["hello//polite"]);
    await page.reload();
    await here.settle();
    await drawn(canvas, "two of the flow inner, value");
    await drawn(canvas, "polite of the flow greet, group of 1 task");
  });

  it("says whose task is chosen, changes nothing of it, and leads to where it is changed", async () => {
    const canvas = await build("outer");
    const { page } = here;
    await (await drawn(canvas, "deeper of the flow greet, flow inner, opened here"))
      .getByText("deeper")
      .click();
    const inspector = page.getByRole("complementary", { name: "Task deeper" });
    await inspector.getByText("A task of the flow greet").waitFor();
    await canvas.focus();
    await press(page, "Delete");
    await page.getByText("it belongs to the flow greet, and is changed there").waitFor();
    await press(page, "F2", "m", "n");
    expect(await page.getByRole("textbox", { name: /^Name of/ }).count()).toBe(0);
    expect(await page.getByRole("dialog").count()).toBe(0);
    expect(await page.getByText("not saved").count()).toBe(0);
    await (await drawn(canvas, "deeper of the flow greet")).getByText("deeper").click({ button: "right" });
    const menu = page.getByRole("menu");
    expect(await menu.getByRole("menuitem").allTextContents()).toEqual([
      expect.stringMatching(/^Open the flow greet/),
      expect.stringMatching(/^Fold the flow/),
    ]);
    await press(page, "Escape");
    await inspector.getByRole("button", { name: /^Open greet/ }).click();
    await page.waitForURL(/\/flows\/greet/);
    expect(await file("outer")).toBe(OUTER);
  });

  it("shows what its file is now", async () => {
    const canvas = await build("outer");
    await drawn(canvas, "two of the flow inner, value");
    await studio.write("inner.flow.yaml", INNER.replaceAll("two", "second"));
    await drawn(canvas, "second of the flow inner, value");
    await studio.write("inner.flow.yaml", INNER);
    await drawn(canvas, "two of the flow inner, value");
  });

  it("is opened and walked through by keyboard", async () => {
    const canvas = await build("listed");
    const { page } = here;
    await drawn(canvas, "hello, flow");
    await canvas.focus();
    await press(page, "ArrowDown", "ArrowDown", "Space");
    await drawn(canvas, "polite of the flow greet");
    await canvas.focus();
    await press(page, "Shift+L");
    const list = page.getByRole("tree", { name: "The steps of listed" });
    await list.waitFor();
    const step = (name: RegExp) => list.getByRole("treeitem", { name });
    expect(await step(/^hello/).getAttribute("aria-expanded")).toBe("true");
    expect(await step(/^say/).getAttribute("aria-level")).toBe("3");
    await list.focus();
    await press(page, "ArrowDown", "ArrowDown", "ArrowDown");
    await expect.poll(() => step(/^deeper/).getAttribute("aria-selected")).toBe("true");
    await press(page, "ArrowRight");
    await step(/^two .*of inner, as it is/).waitFor();
    await press(page, "ArrowLeft");
    await step(/^two/).waitFor({ state: "detached" });
    await press(page, "ArrowLeft", "ArrowLeft");
    await step(/^say/).waitFor({ state: "detached" });
    expect(await step(/^hello/).getAttribute("aria-expanded")).toBe("false");
    expect(await file("listed")).toBe(OUTER.replace("outer", "listed"));
  });

  it("is moved as a whole, and what is in it is neither moved nor connected", async () => {
    const canvas = await build("arranged");
    const { page } = here;
    const hello = await drawn(canvas, "hello, flow");
    await hello.getByTitle("Open hello here").click();
    const say = await drawn(canvas, "polite/say of the flow greet");
    const deeper = await drawn(canvas, "deeper of the flow greet");
    const boxes = async () => [await say.boundingBox(), await deeper.boundingBox()] as const;
    const [before, beside] = await boxes();
    if (!before || !beside) throw new Error("nothing is in sight");
    await page.mouse.move(before.x + 60, before.y + 10);
    expect(await canvas.locator("[data-port]").count()).toBe(0);
    await page.mouse.down();
    await page.mouse.move(before.x + 100, before.y + 30, { steps: 5 });
    await page.mouse.up();
    await expect.poll(async () => Math.round(((await boxes())[0]?.x ?? 0) - before.x)).toBe(40);
    await still(page);
    const [after, now] = await boxes();
    expect([(after?.x ?? 0) - (now?.x ?? 0), (after?.y ?? 0) - (now?.y ?? 0)].map(Math.round)).toEqual(
      [before.x - beside.x, before.y - beside.y].map(Math.round),
    );
    await expect
      .poll(async () => Object.keys((await layout("arranged")).positions))
      .toEqual(["begin", "end", "hello"]);
    expect(await file("arranged")).toBe(OUTER.replace("outer", "arranged"));
  });

  it("says why it cannot be drawn, and is drawn once where it calls itself", async () => {
    const canvas = await build("mistaken");
    for (const [name, says] of [
      ["nobody", /^nobody: .*nobody/],
      ["torn", /^torn: cannot be read: line \d+: /],
      ["itself", /^mistaken: calls itself here/],
    ] as const) {
      await (await drawn(canvas, `${name}, flow`)).getByTitle(`Open ${name} here`).click();
      await canvas.getByRole("img", { name: says }).waitFor();
    }
    await still(here.page);
    await canvas.getByRole("img", { name: /^mistaken: calls itself/ }).click();
    await here.page
      .getByRole("complementary")
      .getByText(/calls itself here: it stands around this already/)
      .waitFor();
    await kept("mistaken", ["nobody", "torn", "itself"]);
    const there = await build("there");
    await (await drawn(there, "go, flow")).getByTitle("Open go here").click();
    await (await drawn(there, "come of the flow back, flow")).getByTitle("Open come here").click();
    await there.getByRole("img", { name: /^there: calls itself here/ }).waitFor();
  });

  it("is without a serious barrier, light and dark", async () => {
    for (const theme of ["light", "dark"] as const) {
      const { context, page, goTo, trouble } = await session(on, studio, theme, { viewport: TALL });
      for (const flow of ["outer", "mistaken"]) {
        await goTo(`/flows/${flow}`);
        await page
          .locator('[aria-label^="hello, flow greet, opened"], [aria-label^="nobody: "]')
          .first()
          .waitFor();
        await still(page);
        await page.evaluate(AXE);
        const { violations } = await page.evaluate(() =>
          (window as unknown as { axe: { run: () => Promise<AxeResults> } }).axe.run(),
        );
        const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
        expect(serious.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
      }
      // That a flow is not there, or is wrong, is an answer.
      expect(trouble.filter((one) => !/status of 4\d\d/.test(one))).toEqual([]);
      await context.close();
    }
  });
});
