// A flow: its text beside its graph, the form that starts it, its runs as a grid, its versions with their diff.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FlowDetail } from "../src/api/types";
import { browser, press, type Session, session, shown, tabTo } from "./browser";
import { NIGHTLY, WRONG } from "./flows";
import { Studio, until } from "./studio";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** More tasks than can be read at once. */
const MANY = `name: many\ntasks:\n${Array.from({ length: 400 }, (_, at) => `  t${at}: { ${at < 8 ? "" : `needs: [t${at - 8}], `}value: 1 }`).join("\n")}\n`;

/** Every way in which a task and an edge can change, from the one to the other. */
const BEFORE = `
name: altered
tasks:
  one: { value: 1 }
  g:
    tasks:
      in: { value: 2 }
      out: { value: 3 }
  last: { value: 4, needs: [one] }
  gone: { value: 5, needs: [last] }
`;
const AFTER = `
name: altered
tasks:
  first: { value: 1 }
  in: { value: 2 }
  g:
    tasks:
      out: { value: 3 }
  last: { value: 5, needs: { first: failed } }
  new: { value: 6, needs: [last] }
`;

let studio: Studio;
let on: Browser;
let here: Session;

beforeAll(async () => {
  studio = await Studio.start(async (prepared) => {
    await prepared.flows(NIGHTLY, WRONG, MANY, BEFORE);
    await prepared.call("run", "nightly", "--quiet");
    await prepared.call("run", "altered", "--quiet");
    await prepared.flows(AFTER);
    await prepared.flows(NIGHTLY.replace("echo reported", "echo told everybody"));
    await prepared.call("run", "nightly", "--quiet");
    await prepared.call("run", "weather", "--quiet");
  });
  on = await browser();
  here = await session(on, studio);
});

afterAll(async () => {
  await on?.close();
  await studio?.stop();
});

describe("the flows", () => {
  it("are filtered, and opened by keyboard", async () => {
    const { page, goTo } = here;
    await goTo("/flows");
    await press(page, "/");
    await page.keyboard.type("penguin");
    await expect
      .poll(() =>
        page
          .getByRole("main")
          .getByRole("link", { name: /^search/ })
          .count(),
      )
      .toBe(1);
    await expect
      .poll(() =>
        page
          .getByRole("main")
          .getByRole("link", { name: /^weather/ })
          .count(),
      )
      .toBe(0);
    await tabTo(page, /^search/);
    await press(page, "Enter");
    await page.waitForURL(/\/flows\/search$/);
  });

  it("say how many mistakes a file has", async () => {
    const { page, goTo } = here;
    await goTo("/flows");
    await page.getByRole("link", { name: /wrong.*1 mistake/ }).waitFor();
  });
});

describe("a flow", () => {
  it("shows text and graph as one: a task chosen in one is chosen in the other", async () => {
    const { page, goTo } = here;
    await goTo("/flows/nightly");
    const graph = page.getByRole("application", { name: /graph of nightly/ });
    await graph.getByRole("img", { name: /^load, shell/ }).waitFor();
    await page.getByRole("textbox", { name: "The text of nightly" }).getByText("no such table").waitFor();
    await graph.focus();
    await press(page, "ArrowDown", "ArrowDown");
    await expect
      .poll(() => page.locator(".cm-content .is-chosen, .cm-content .cm-chosen").allTextContents())
      .toContain("  load:");
  });

  it("of many tasks is drawn as shapes, of which each can be chosen", async () => {
    const { page, goTo } = here;
    await goTo("/flows/many");
    const graph = page.getByRole("application", { name: /graph of many/ });
    // It begins where its tasks can be read; all of them are shapes, which come a few a frame.
    await page.getByRole("button", { name: "Zoom to fit" }).click();
    await expect.poll(() => graph.locator(".react-flow__node .gs").count()).toBe(400);
    await page.getByText("Shown in rows").waitFor({ state: "detached" });
    await graph.locator(".ge-line").first().waitFor({ state: "attached" });
    const box = await graph.getByRole("img", { name: /^t7,/ }).boundingBox();
    if (!box) throw new Error("the task has no box");
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    await expect
      .poll(() => page.locator(".cm-content .is-chosen, .cm-content .cm-chosen").allTextContents())
      .toContain("  t7: { value: 1 }");
  });

  it("names its mistakes with their lines, and does not start", async () => {
    const { page, goTo } = here;
    await goTo("/flows/wrong");
    await shown(
      page
        .getByRole("region", { name: "Problems" })
        .getByRole("button", { name: /5:.*did you mean retries/ }),
    );
    expect(await page.getByRole("button", { name: /^Run…/ }).isDisabled()).toBe(true);
    await page.getByRole("button", { name: /did you mean retries/ }).press("Enter");
  });

  it("is started by a form; what is wrong is said at its field", async () => {
    const { page, goTo } = here;
    await goTo("/flows/nightly");
    await press(page, "Control+Enter");
    const form = page.getByRole("dialog");
    const year = form.getByLabel(/year/);
    await year.fill("1999");
    await press(page, "Control+Enter");
    await form.getByText("year 1999 is less than the minimum of 2000", { exact: true }).waitFor();
    expect(await year.getAttribute("aria-invalid")).toBe("true");
    await year.fill("2027");
    await form.getByRole("radio", { name: "east" }).press("Enter");
    await form.getByText("tidemill run nightly -p year=2027 -p region=east").waitFor();
    await year.press("Control+Enter");
    await page.waitForURL(/\/runs\/[0-9a-f-]{36}/);
    const run = await studio.newest("nightly");
    expect(run.parameters).toEqual({ year: 2027, region: "east", dry: false });
  });

  it("has its runs as a grid of tasks, each cell a way to its run", async () => {
    const { page, goTo } = here;
    await goTo("/flows/nightly?tab=runs");
    const grid = page.getByRole("table", { name: /Tasks of the last runs/ });
    await expect
      .poll(() => grid.getByRole("row", { name: /load/ }).getByRole("img", { name: "Failed" }).count())
      .toBeGreaterThan(1);
    await grid.getByRole("row", { name: /tell/ }).getByRole("link").first().press("Enter");
    await page.waitForURL(/\/runs\/[0-9a-f-]{36}/);
  });

  it("has its versions, with what changed between two", async () => {
    const { page, goTo } = here;
    await goTo("/flows/nightly?tab=versions");
    const list = page.getByRole("list", { name: "Versions" });
    await expect.poll(() => list.getByRole("listitem").count()).toBe(2);
    await list.getByText("the file now").waitFor();
    await page.locator(".cm-changedLine, .cm-deletedChunk").getByText("echo reported").first().waitFor();
    await page.locator(".cm-changedLine").getByText("echo told everybody").first().waitFor();
  });

  it("draws what changed between two versions, and the list beside it says the same", async () => {
    const { page, goTo } = here;
    await goTo("/flows/altered?tab=versions");
    const graph = page.getByRole("application", { name: /^What changed, as a graph/ });
    const list = page.getByRole("list", { name: "What changed in the graph" });
    const told = [
      "renamed first was one",
      "moved in was g/in",
      "changed last value, needs",
      "added new",
      "removed gone",
      "removed one succeeded → last",
      "removed last succeeded → gone",
      "added first failed → last",
      "added last succeeded → new",
    ];
    await expect
      .poll(async () =>
        (await list.getByRole("button").allInnerTexts()).map((text) => text.replace(/\s+/g, " ")),
      )
      .toEqual(told);
    for (const name of [
      "first, value, 1, renamed: was one",
      "in, value, 2, moved: was g/in",
      "last, value, 5, changed: value, needs",
      "new, value, 6, added",
      "gone, value, 5, removed",
    ])
      await graph.getByRole("img", { name, exact: true }).waitFor();
    expect(await graph.getByRole("img", { name: "g/out, value, 3", exact: true }).count()).toBe(1);
    expect(await graph.locator(".ge.ch-added .ge-label").allTextContents()).toContain("+ added: failed");
    expect(await graph.locator(".ge.ch-removed .ge-label").allTextContents()).toContain("− removed");
    const legend = page.getByRole("list", { name: "What the drawing means" });
    expect(await legend.getByRole("listitem").allTextContents()).toEqual([
      "added 1 task",
      "removed 1 task",
      "changed 1 task",
      "renamed 1 task",
      "moved 1 task",
      "added 2 edges",
      "removed 2 edges",
    ]);
    await page.evaluate(AXE);
    const { violations } = await page.evaluate(() =>
      (window as unknown as { axe: { run: () => Promise<AxeResults> } }).axe.run(),
    );
    const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    expect(serious.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
    // From the list to the graph, and back.
    await list.getByRole("button", { name: /removed gone/ }).press("Enter");
    await expect.poll(() => graph.locator(".is-selected").getAttribute("aria-label")).toMatch(/^gone/);
    await graph.getByRole("img", { name: /^in, / }).click();
    await expect.poll(() => list.locator("[aria-current=true]").textContent()).toMatch(/^moved\s*in was/);
    await page.getByRole("button", { name: "Step list" }).click();
    await page.getByRole("treeitem", { name: /^gone removed/ }).waitFor();
    await page.getByRole("button", { name: "Graph", exact: true }).click();
  });

  it("draws what changed of a thousand tasks, and goes to each", async () => {
    const { page, goTo } = here;
    const text = (name: string) =>
      `name: large\ntasks:\n${Array.from({ length: 1000 }, (_, at) => `  t${at}: { ${at < 20 ? "" : `needs: [t${at - 20}], `}value: ${at === 777 ? `"${name}"` : 1} }`).join("\n")}\n`;
    await studio.write("large.flow.yaml", text("before"));
    const { version } = await until("the flow is known", () =>
      studio.ask<FlowDetail>("/flows/large").catch(() => null),
    );
    await studio.ask("/flows/large/text", "PUT", { text: text("before"), base: version });
    await studio.ask("/flows/large/text", "PUT", { text: text("after"), base: version });
    await goTo("/flows/large?tab=versions");
    const list = page.getByRole("list", { name: "What changed in the graph" });
    await list.getByRole("button", { name: /changed t777/ }).click();
    const graph = page.getByRole("application", { name: /^What changed, as a graph/ });
    const found = graph.getByRole("img", { name: "t777, value, after, changed: value", exact: true });
    await found.getByText("changed").waitFor();
    const [box, around] = [await found.boundingBox(), await graph.boundingBox()];
    if (!box || !around) throw new Error("nothing is in sight");
    expect(box.y).toBeGreaterThan(around.y);
    expect(box.y + box.height).toBeLessThan(around.y + around.height);
  });

  it("tells the times of its schedule, and that nothing fires until its workspace is enabled", async () => {
    const { page, goTo } = here;
    await goTo("/flows/nightly?tab=schedule");
    await page.getByText("this workspace is not enabled on this machine").first().waitFor();
    await expect.poll(() => page.getByRole("main").getByRole("listitem").count()).toBeGreaterThan(2);
  });

  it("that nobody wrote is said not to be there", async () => {
    const { page, goTo } = here;
    await goTo("/flows/nobody");
    await page
      .getByRole("alert")
      .getByText(/nobody/)
      .first()
      .waitFor();
  });
});
