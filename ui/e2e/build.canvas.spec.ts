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

/** The last edge is one of an expression. */
const CYCLE = `
name: cycle
tasks:
  load: { value: 1 }
  check: { needs: [load], value: 2 }
  report: { value: "{{ tasks.check.output }}" }
`.trimStart();

/** A script that writes braces is warned of: they are no expression there. */
const ODD = `odd: { shell: "echo {{ params.x }}" }`;
const WARNED = `name: warned\ntasks:\n  ${ODD}\n`;
const TROUBLED = `name: troubled\ntasks:\n  ${ODD}\n  wrong: { value: 1, retries: many }\n`;

/** A chain of this many, so long that the whole of it is seen only from afar. */
const LARGE = `name: large
tasks:
${Array.from({ length: 120 }, (_, at) => `  t${at}: { ${at > 0 ? `needs: [t${at - 1}], ` : ""}value: ${at} }`).join("\n")}
`;

let studio: Studio;
let on: Browser;
let here: Session;

beforeAll(async () => {
  studio = await Studio.start(
    (prepared) => prepared.flows(SMALL, SCRIPTS, LARGE, CYCLE, WARNED, TROUBLED),
    "nothing",
  );
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
  it("is one in which the canvas's bar takes another line, and 1440 pixels are none", async () => {
    await open("small");
    const box = await here.page.locator(".build-tools").boundingBox();
    expect(box?.height).toBeLessThan(36);
  });

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

describe("the view", () => {
  const zoom = async (): Promise<number> => {
    const shown = await here.page.locator(".build-zoom").textContent();
    return Number.parseInt(shown ?? "", 10);
  };

  it("of a large flow begins at its first task, near enough to press it; Find comes nearer, fit shows all", async () => {
    await open("large");
    expect(await zoom()).toBeGreaterThanOrEqual(40);
    expect(await isOnTop(task("t0"))).toBe(true);
    await here.page.getByRole("searchbox", { name: "Find a task" }).fill("t77");
    await press(here.page, "Enter");
    await task("t77").waitFor();
    await expect.poll(zoom).toBeGreaterThanOrEqual(70);
    await expect.poll(() => isOnTop(task("t77"))).toBe(true);
    await here.page.getByRole("button", { name: "Zoom to fit" }).click();
    await expect.poll(zoom).toBeLessThan(20);
  });

  it("moves no farther than it takes to show what comes to be selected", async () => {
    await open("small");
    const where = () => task("load").boundingBox();
    const box = await canvas().boundingBox();
    const before = await where();
    if (!box || !before) throw new Error("there is no canvas");
    await here.page.mouse.move(box.x + 40, box.y + box.height - 60);
    await here.page.mouse.down({ button: "middle" });
    await here.page.mouse.move(box.x + 40, box.y + box.height - 60 - (before.y - box.y) - 70, { steps: 4 });
    await here.page.mouse.up({ button: "middle" });
    await task("load").waitFor({ state: "detached" });
    await canvas().focus();
    // Down an edge from what is not in sight: to the task itself, at the edge of the canvas.
    await press(here.page, "ArrowDown");
    await settled();
    const selected = await canvas().locator(".is-selected").boundingBox();
    if (!selected) throw new Error("nothing is selected");
    expect(Math.min(selected.y - box.y, box.y + box.height - (selected.y + selected.height))).toBeLessThan(
      60,
    );
  });

  it("keeps what is carried out of the window", async () => {
    await open("small");
    const box = await canvas().boundingBox();
    const from = await task("load").boundingBox();
    if (!box || !from) throw new Error("there is no task");
    await here.page.mouse.move(from.x + 40, from.y + 20);
    await here.page.mouse.down();
    await here.page.mouse.move(box.x + box.width + 4000, box.y + box.height + 4000, { steps: 6 });
    await here.page.mouse.up();
    await settled();
    await expect
      .poll(async () => {
        const now = await task("load").boundingBox();
        return now !== null && now.x < box.x + box.width && now.y < box.y + box.height && now.x > from.x;
      })
      .toBe(true);
  });
});

describe("a wire that would close a cycle", () => {
  it("is shown as one while it is pulled, and refused with the cycle's names", async () => {
    await open("cycle");
    await task("report").hover();
    const port = await canvas().locator("[data-port=succeeded]").boundingBox();
    const to = await task("load").boundingBox();
    if (!port || !to) throw new Error("there is no port");
    await here.page.mouse.move(port.x + port.width / 2, port.y + port.height / 2);
    await here.page.mouse.down();
    await here.page.mouse.move(to.x + 40, to.y + 20, { steps: 6 });
    await canvas().locator(".is-target.is-refused").waitFor();
    await here.page.mouse.up();
    await here.page.getByText("cannot wait for").waitFor();
    const said = await here.page.locator(".build-said").textContent();
    expect(said).toContain("report → load → check → report");
    const text = await here.page.locator(".text-editor .cm-line").allTextContents();
    expect(text.join("\n")).toBe(CYCLE);
  });
});

describe("problems", () => {
  it("are signed as errors and as warnings, on the task, in the list and beside the text", async () => {
    await open("troubled");
    for (const [path, severity] of [
      ["wrong", "error"],
      ["odd", "warning"],
    ] as const) {
      await task(path).locator(`.gn-problem.is-${severity}`).waitFor({ state: "attached" });
      await here.page.locator(`.prob.is-${severity}`).first().waitFor();
      await here.page.locator(`.text-warn.is-${severity}`).first().waitFor();
    }
    const colours = await here.page
      .locator(".gn-problem")
      .evaluateAll((signs) => signs.map((sign) => getComputedStyle(sign).color));
    expect(new Set(colours).size).toBe(2);
  });

  it("stay on the task beside the state of its run", async () => {
    const run = await studio.run("warned");
    await studio.reached(run.id, "Completed");
    await open("warned");
    await task("odd").locator(".gn-state").waitFor({ state: "attached" });
    expect(await task("odd").locator(".gn-problem").count()).toBe(1);
  });
});

describe("what a field is for", () => {
  it("is to be read whole in its place, by pointer and by keyboard", async () => {
    await open("small");
    await task("check").click();
    const needs = here.page.locator('[data-field="needs"] .label-help');
    const isCut = () => needs.evaluate((line) => line.scrollWidth > line.clientWidth);
    await expect.poll(isCut).toBe(true);
    await needs.click();
    await expect.poll(isCut).toBe(false);
    expect(await needs.textContent()).toContain("must have succeeded");
    await press(here.page, "Enter");
    await expect.poll(isCut).toBe(true);
    const allow = here.page.locator('[data-field="allow_failure"] .label-help');
    await allow.focus();
    await press(here.page, "Enter");
    await expect.poll(() => allow.textContent()).toContain("neither fails the run");
  });
});
