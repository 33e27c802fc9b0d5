// The inspector: forms from the schema that edit the text, expressions with what they give, trying a task,
// pinning what it gave.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { AxeResults, RunOptions } from "axe-core";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { browser, press, type Session, session } from "./browser";
import { Studio } from "./studio";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const READINGS = `
name: readings
description: Reads and sums.
parameters:
  threshold: 20
defaults: { timeout: 10m }
tasks:
  stations:
    value: [{ id: 1, city: Berlin }, { id: 2, city: Oslo }]
  table:
    needs: [stations]
    python: |
      rows = inputs["stations"]
      return {"rows": rows, "max": 24}
    when: "{{ tasks.stations.output|length > 1 }}"
  warn:
    shell: echo "$TEXT"   # said aloud
    env: { TEXT: "{{ tasks.table.output.max }} degrees" }
  torn:
    needs: { table: finished }
    shell: echo begun; echo torn >&2; exit 3
    allow_failure: true
`;

/** Nobody ran it as a whole. */
const PIECES = `
name: pieces
tasks:
  fine:
    shell: echo fine
  torn:
    shell: echo torn >&2; exit 3
  other:
    shell: echo other
`;

let studio: Studio;
let on: Browser;
let here: Session;
let page: Page;

beforeAll(async () => {
  studio = await Studio.start(async (prepared) => {
    await prepared.flows(READINGS, PIECES);
    await prepared.call("run", "readings", "--quiet");
  }, "nothing");
  on = await browser();
});

afterAll(async () => {
  await on?.close();
  await studio?.stop();
});

/** Each test begins with the file's text: what an earlier one typed is with its page. */
beforeEach(async () => {
  await here?.context.close();
  here = await session(on, studio);
  page = here.page;
  await here.goTo("/flows/readings");
});

const inspector = (name: string | RegExp = /^(Task|Flow) /) => page.getByRole("complementary", { name });
const field = (name: string) => inspector().getByRole("textbox", { name, exact: true });
const tab = (name: RegExp) => inspector().getByRole("tab", { name });

/** Selects a task where it is drawn. */
async function choose(task: string, ...more: readonly string[]): Promise<Locator> {
  const drawn = (name: string) =>
    page.getByRole("region", { name: "Canvas" }).getByText(name, { exact: true });
  await drawn(task).first().click();
  for (const other of more)
    await drawn(other)
      .first()
      .click({ modifiers: ["Shift"] });
  const panel = more.length > 0 ? inspector("Tasks") : inspector(`Task ${task}`);
  await panel.waitFor();
  return panel;
}

/** The text of the flow, as far as it is in sight. */
async function text(): Promise<string> {
  return page
    .getByRole("textbox", { name: "The text of readings" })
    .evaluate((element) =>
      [...element.querySelectorAll(".cm-line")].map((line) => line.textContent).join("\n"),
    );
}

async function retype(where: Locator, letters: string): Promise<void> {
  await where.click();
  await press(page, "Control+A");
  await page.keyboard.type(letters);
}

describe("a field", () => {
  it("edits the text as it is typed, and a burst of letters is one step", async () => {
    await choose("warn");
    await retype(field("Script"), "echo hello");
    await expect.poll(text).toContain("shell: echo hello   # said aloud");
    await press(page, "Control+Z");
    await expect.poll(text).toContain('shell: echo "$TEXT"   # said aloud');
    await expect.poll(() => field("Script").textContent()).toBe('echo "$TEXT"');
    await press(page, "Control+Shift+Z");
    await expect.poll(text).toContain("shell: echo hello   # said aloud");
  });

  it("follows what is typed into the text", async () => {
    await choose("warn");
    await page.getByRole("textbox", { name: "The text of readings" }).getByText("said aloud").click();
    await press(page, "Home");
    for (let steps = 0; steps < 'shell: echo "'.length; steps += 1) await press(page, "ArrowRight");
    await page.keyboard.type("now ");
    await expect.poll(() => field("Script").textContent()).toContain('echo "now $TEXT"');
  });

  it("shows the default of the flow, takes a value, and is cleared", async () => {
    await choose("warn");
    const timeout = field("Timeout");
    expect(await timeout.getAttribute("placeholder")).toBe("10m");
    await inspector().getByText("from defaults").first().waitFor();
    await timeout.fill("5");
    await press(page, "Tab");
    await inspector()
      .getByText(/does not fit/)
      .waitFor();
    expect(await text()).not.toContain("timeout: 5");
    await timeout.fill("5s");
    await expect.poll(text).toContain("timeout: 5s");
    await inspector().getByRole("button", { name: "Clear Timeout" }).press("Enter");
    await expect.poll(text).not.toContain("timeout: 5s");
    expect(await timeout.inputValue()).toBe("");
  });

  it("turns a short form into the long one only where it must", async () => {
    await choose("table");
    await inspector()
      .getByRole("button", { name: /^More requirements/ })
      .click();
    await inspector().getByRole("switch", { name: "Isolate" }).click();
    await expect.poll(text).toMatch(/python:\n {6}isolate: true\n {6}code: \|/);
    await inspector().getByRole("switch", { name: "Isolate" }).click();
    await expect.poll(text).not.toContain("isolate");
    await inspector().getByRole("radio", { name: "Call" }).click();
    await retype(field("Call"), "table.py:make");
    await expect.poll(text).toContain("call: table.py:make\n");
    expect(await text()).not.toContain("rows = inputs");
  });

  it("says what the engine finds wrong with its value", async () => {
    await choose("warn");
    await tab(/^Options/).click();
    await inspector().getByRole("button", { name: "Add to limits" }).click();
    await page.keyboard.type("scarce");
    await expect.poll(text).toContain("limits: [scarce]");
    await press(page, "Tab");
    await inspector()
      .getByRole("group", { name: "Limits" })
      .locator(".problem", { hasText: "scarce" })
      .waitFor();
  });

  it("keeps its values while the text cannot be read, and cannot be typed into", async () => {
    await choose("warn");
    await page.getByRole("textbox", { name: "The text of readings" }).getByText("said aloud").click();
    await page.keyboard.type(" ] {");
    await press(page, "Home");
    await page.keyboard.type("[ ");
    await expect.poll(() => field("Script").getAttribute("aria-readonly")).toBe("true");
    expect(await field("Script").textContent()).toContain('echo "$TEXT"');
  });
});

describe("an expression", () => {
  it("is completed from the outputs of the last run, and shows what it gives", async () => {
    await choose("table");
    const when = field("When");
    await inspector()
      .getByText(/stations\.output.*2 items/)
      .waitFor();
    await retype(when, "{{ tasks.sta");
    await page.getByRole("option", { name: /stations/ }).waitFor();
    await press(page, "Enter");
    await page.keyboard.type(".output[1].");
    await page.getByRole("option", { name: /city.*"Oslo"/, selected: true }).waitFor();
    await press(page, "Enter");
    await page.keyboard.type(' == "Oslo"');
    await expect.poll(text).toMatch(/when: .*tasks\.stations\.output\[1\]\.city == /);
    await expect.poll(() => inspector().locator(".given").first().textContent()).toBe("true");
  });

  it("says in place what is wrong with it", async () => {
    await choose("warn");
    await retype(field("When"), "{{ tasks.table.outputt }}");
    await press(page, "Shift+Tab");
    await inspector()
      .getByText(/has no outputt/)
      .waitFor();
    expect(await field("When").getAttribute("aria-invalid")).toBe("true");
  });

  it("completes keys in Python", async () => {
    await choose("table");
    await field("Code").click();
    await press(page, "Control+End", "Enter");
    await page.keyboard.type('x = inputs["');
    await page.getByRole("option", { name: /stations/ }).waitFor();
  });
});

describe("the options", () => {
  it("stand with those that are set first", async () => {
    await choose("torn");
    await tab(/^Options 2 set/).click();
    const set = inspector().getByRole("region", { name: "Set", exact: true });
    await set.getByRole("switch", { name: "Allow failure" }).waitFor();
    await set.getByRole("switch", { name: "Allow failure" }).click();
    await expect.poll(text).not.toContain("allow_failure");
    await tab(/^Options 1 set/).waitFor();
  });

  it("name other tasks with the outcome that each edge waits for", async () => {
    await choose("torn");
    await inspector().getByRole("button", { name: "table finished" }).click();
    await page.getByRole("menuitemradio", { name: "failed" }).click();
    await expect.poll(text).toContain("needs: { table: failed }");
    await inspector().getByRole("button", { name: "Add a task that it needs" }).press("Enter");
    await page.getByRole("menuitem", { name: "stations" }).press("Enter");
    await expect.poll(text).toContain("needs: { table: failed, stations: succeeded }");
    await inspector().getByRole("button", { name: "table failed" }).press("Enter");
    await page.getByRole("menuitem", { name: "Remove" }).press("Enter");
    await expect.poll(text).toContain("needs: { stations: succeeded }");
  });

  it("take names and values by keyboard alone", async () => {
    await choose("torn");
    await tab(/^Options/).press("Enter");
    const env = inspector().getByRole("group", { name: "Env" });
    await env.getByRole("button", { name: "Add to env" }).press("Enter");
    await page.keyboard.type("CITY");
    await press(page, "Enter");
    await env.getByRole("textbox", { name: "Env CITY" }).waitFor();
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.getAttribute("role")))
      .toBe("textbox");
    await page.keyboard.type("Oslo");
    await expect.poll(text).toContain("env: { CITY: Oslo }");
    const name = env.getByRole("textbox", { name: "Name of CITY" });
    await name.fill("TOWN");
    await name.press("Enter");
    await expect.poll(text).toContain("env: { TOWN: Oslo }");
    await env.getByRole("button", { name: "Remove TOWN" }).press("Enter");
    await expect.poll(text).not.toContain("TOWN");
  });
});

describe("a task", () => {
  it("is edited from the canvas, and from the list, by Enter: what it does is typed at once", async () => {
    const work = page.locator("[data-work]");
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute("aria-labelledby") ?? "");
    const enter = async (label: string) => {
      await work.focus();
      await press(page, "Enter");
      await expect.poll(async () => page.locator(`[id="${await focused()}"]`).textContent()).toBe(label);
    };
    await choose("warn");
    await enter("Script");
    await choose("table");
    await enter("Code");
    await work.focus();
    await press(page, "Shift+L");
    await page.getByRole("treeitem", { name: /^stations/ }).click();
    await enter("Value");
  });

  it("is renamed where its name stands, with all that names it", async () => {
    await choose("table");
    await inspector().getByRole("button", { name: "table", exact: true }).click();
    const name = field("Name of the task");
    await name.fill("stations");
    await name.press("Enter");
    await inspector()
      .getByRole("alert")
      .getByText(/stations/)
      .waitFor();
    await name.fill("sums");
    await name.press("Enter");
    await inspector("Task sums").waitFor();
    await expect.poll(text).toContain("{{ tasks.sums.output.max }} degrees");
  });

  it("becomes one of another kind", async () => {
    await choose("warn");
    await inspector().getByRole("button", { name: "More for warn" }).click();
    await page.getByRole("menuitem", { name: "Change kind" }).press("ArrowRight");
    await page.getByRole("menuitem", { name: "http" }).press("Enter");
    await field("Url").waitFor();
    await expect.poll(text).toMatch(/warn:\n {4}http: ""/);
  });

  it("runs alone with the last outputs, and says what came of it", async () => {
    await choose("table");
    await inspector().getByRole("button", { name: "Run this" }).click();
    const said = inspector().getByRole("status");
    await said.getByText("Completed").waitFor();
    await said.getByText(/"max":24/).waitFor();
    const run = await studio.newest("readings");
    expect(await studio.ask(`/runs/${run.id}`)).toMatchObject({ trial: { part: "only", task: "table" } });
  });

  it("runs with the text as it is typed, and leads from a failure to the log's line", async () => {
    await choose("torn");
    await retype(field("Script"), "echo now; echo worn >&2; exit 4");
    await inspector().getByRole("button", { name: "Up to here" }).click();
    const said = inspector().getByRole("status");
    await said.getByText(/exit code 4/).waitFor();
    await said.getByRole("link", { name: /^Log line/ }).click();
    await page.waitForURL(/\/runs\/[0-9a-f-]{36}#L\d+$/);
    await page.getByText("worn").first().waitFor();
  });

  it("is told by the newest of what was tried, one left out as before, after a reload too", async () => {
    await here.goTo("/flows/pieces");
    for (const [task, state] of [
      ["torn", "Failed"],
      ["fine", "Completed"],
    ] as const) {
      await choose(task);
      await inspector().getByRole("button", { name: "Run this" }).click();
      await inspector().getByRole("status").getByText(state).waitFor();
    }
    const told = async () => {
      await page.locator("[data-work]").focus();
      await press(page, "Shift+L");
      const step = (name: RegExp) => page.getByRole("treeitem", { name });
      await step(/^torn.*Failed/).waitFor();
      await step(/^fine.*Completed/).waitFor();
      expect(await step(/^other/).textContent()).not.toContain("Skipped");
      await step(/^torn/).click();
      await inspector("Task torn").locator("header").getByText("Failed").first().waitFor();
      await step(/^other/).click();
      await inspector("Task other").waitFor();
      expect(await inspector().locator("header").getByText("Skipped").count()).toBe(0);
      await page.locator("[data-work]").focus();
      await press(page, "Shift+L");
      await page
        .getByRole("button", { name: /^torn: exit/ })
        .or(page.getByTitle(/^torn: exit/))
        .waitFor();
    };
    await told();
    await page.reload();
    await told();
  });

  it("runs with other parameters, which are remembered", async () => {
    await choose("table");
    await inspector()
      .getByRole("button", { name: /^with threshold/ })
      .click();
    await inspector()
      .getByLabel(/threshold/)
      .fill("7");
    await inspector().getByRole("button", { name: "Run this" }).click();
    await inspector().getByRole("status").getByText("Completed").waitFor();
    expect((await studio.newest("readings")).parameters).toEqual({ threshold: 7 });
    await page.reload();
    await choose("table");
    await inspector().getByRole("button", { name: "with threshold 7" }).waitFor();
  });

  it("has its output pinned, edited and let go", async () => {
    await choose("stations");
    const last = inspector().getByRole("region", { name: "Last output" });
    await last.getByRole("button", { name: "Pin" }).click();
    const pinned = inspector().getByRole("region", { name: "Pinned output" });
    await pinned.getByRole("button", { name: "Edit" }).click();
    await pinned.getByLabel(/pinned output/i).fill("[1, ");
    await pinned.getByRole("button", { name: "Pin this" }).click();
    await pinned.getByText(/is not JSON/).waitFor();
    await pinned.getByLabel(/pinned output/i).fill('[{ "id": 9 }]');
    await pinned.getByRole("button", { name: "Pin this" }).click();
    await pinned
      .getByText("{ id: 9 }")
      .or(pinned.getByText("9", { exact: true }))
      .first()
      .waitFor();
    expect(await studio.ask("/flows/readings/pins")).toMatchObject({
      pins: [{ task: "stations", output: [{ id: 9 }] }],
    });
    await pinned.getByRole("button", { name: "Unpin" }).click();
    await last.waitFor();
  });

  it("shows how it last went, and what the format says of it", async () => {
    await choose("torn");
    await tab(/^Last run/).click();
    await inspector()
      .getByText(/exit code/)
      .first()
      .waitFor();
    await inspector().getByRole("link", { name: "Open the run" }).waitFor();
    await tab(/^Docs/).click();
    await inspector()
      .getByText(/TIDEMILL_OUTPUT/)
      .waitFor();
  });
});

it("edits the flow itself where no task is selected", async () => {
  const panel = inspector("Flow readings");
  await panel.getByRole("textbox", { name: "Description" }).fill("Sums.\nEach day.");
  await expect.poll(text).toContain("description: |-");
  await panel.getByRole("button", { name: "Add to schedules" }).click();
  await retype(panel.getByRole("textbox", { name: "Cron" }), "5 7 * * *");
  await expect.poll(text).toContain("cron: 5 7 * * *");
  await panel.getByRole("button", { name: "Add to parameters" }).first().click();
  await page.keyboard.type("city");
  await press(page, "Enter");
  await panel.getByRole("textbox", { name: "Parameters city" }).click();
  await page.keyboard.type("Oslo");
  await expect.poll(text).toMatch(/ {2}city: Oslo/);
});

it("does to several tasks at once what can be done to all", async () => {
  const panel = await choose("warn", "torn");
  await panel.getByText("2 tasks").waitFor();
  await panel.getByRole("button", { name: /^Delete/ }).click();
  await expect.poll(text).not.toContain("warn:");
  expect(await text()).not.toContain("torn:");
});

it("lets who has no mouse out of a code field", async () => {
  await choose("table");
  await field("Code").focus();
  await press(page, "Control+End", "Tab");
  expect(await page.evaluate(() => document.activeElement?.classList.contains("cm-content"))).toBe(true);
  await press(page, "Escape", "Tab");
  expect(await page.evaluate(() => document.activeElement?.classList.contains("cm-content"))).toBe(false);
});

it.each(["light", "dark"] as const)("keeps nobody out, %s", async (theme) => {
  await page.emulateMedia({ colorScheme: theme });
  await page.evaluate(AXE);
  expect(await serious()).toEqual([]);
  await choose("table");
  for (const name of [/^Task/, /^Options/, /^Last run/, /^Docs/]) {
    await tab(name).click();
    await here.settle();
    expect(await serious(), String(name)).toEqual([]);
  }
  expect(here.trouble.filter((line) => !/status of 4\d\d/.test(line))).toEqual([]);
});

/** What axe finds serious in the inspector. */
async function serious(): Promise<string[]> {
  return page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: { run: (where: string, options: RunOptions) => Promise<AxeResults> };
    };
    const { violations } = await axe.run("[data-part=inspector]", { resultTypes: ["violations"] });
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .flatMap(({ id, nodes }) =>
        nodes.map(
          ({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary?.slice(0, 200)}`,
        ),
      );
  });
}
