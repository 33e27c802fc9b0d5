// The Build tab: a flow is built by mouse alone and by keyboard alone, text and canvas are one, and whatever is
// done can be undone.

import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FlowDetail } from "../src/api/types";
import { browser, press, type Session, session } from "./browser";
import { Studio } from "./studio";

let studio: Studio;
let on: Browser;
let here: Session;

const GREET = "name: greet\ntasks:\n  say: { value: hello }\n";

const PIPELINE = `
name: pipeline
# what comes in
tasks:
  load:
    value: [1, 2]   # two of them

  check:
    needs: [load]
    value: "{{ tasks.load.output | length }}"

  report:
    needs: [check]
    shell: echo done
`.trimStart();

/** It goes on until the test makes the file `go`, and then fails. */
const LIVELY = `
name: lively
tasks:
  wait: { shell: "until test -e go; do sleep 0.05; done; echo gone" }
  fail: { needs: [wait], shell: "echo the last word >&2; exit 3" }
  after: { needs: { fail: failed }, shell: "true" }
`.trimStart();

beforeAll(async () => {
  studio = await Studio.start(async (prepared) => {
    await prepared.write("greet.flow.yaml", GREET);
    await prepared.write("lively.flow.yaml", LIVELY);
    for (const name of ["by-mouse", "by-keys"]) await prepared.write(`${name}.flow.yaml`, `name: ${name}\n`);
    for (const name of ["pipeline", "moved", "broken", "grouped", "listed"])
      await prepared.write(`${name}.flow.yaml`, PIPELINE.replace("pipeline", name));
  }, "nothing");
  on = await browser();
  here = await session(on, studio, "light", { permissions: ["clipboard-read", "clipboard-write"] });
});

afterAll(async () => {
  await on?.close();
  await studio?.stop();
});

/** The Build tab of a flow. */
class Build {
  readonly page: Page;
  readonly canvas: Locator;
  readonly text: Locator;

  constructor(page: Page) {
    this.page = page;
    this.canvas = page.getByRole("application", { name: /^The graph of/ });
    this.text = page.getByRole("textbox", { name: /^The text of/ });
  }

  static async of(flow: string): Promise<Build> {
    await here.goTo(`/flows/${flow}`);
    const build = new Build(here.page);
    await build.canvas.waitFor();
    return build;
  }

  /** A task on the canvas, by its path. */
  task(path: string): Locator {
    return this.canvas.locator(`[aria-label^="${path}, "]`);
  }

  /** What stands in the text. */
  async written(): Promise<string> {
    const lines = await this.text.locator(".cm-line").allTextContents();
    return lines.join("\n");
  }

  async reads(text: string): Promise<void> {
    await expect.poll(() => this.written()).toBe(text);
  }

  /** Waits until what is drawn is the text as it is now, laid out. */
  async settled(): Promise<void> {
    const busy = this.page.locator(".build-stage:is([aria-busy=true], :has([aria-busy=true]))");
    await expect.poll(() => busy.count()).toBe(0);
  }

  /** Waits until the canvas has drawn the task and moves nothing any more. */
  async drawn(path: string): Promise<Locator> {
    const task = this.task(path);
    await task.waitFor();
    await this.settled();
    let before = "";
    await expect
      .poll(async () => {
        const now = JSON.stringify(await task.boundingBox());
        const isStill = now === before;
        before = now;
        return isStill;
      })
      .toBe(true);
    return task;
  }

  /** Fits all into the window until the task is there. */
  async found(path: string): Promise<void> {
    await expect
      .poll(async () => {
        await this.settled();
        await this.fit();
        return this.task(path).count();
      })
      .toBe(1);
    await this.drawn(path);
  }

  async middle(path: string): Promise<{ x: number; y: number }> {
    const box = await (await this.drawn(path)).boundingBox();
    if (!box) throw new Error(`${path} is not in sight`);
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  }

  /** Pulls a wire from a task's port to a place. */
  async wire(path: string, outcome: string, to: { x: number; y: number }): Promise<void> {
    const { x, y } = await this.middle(path);
    await this.page.mouse.move(x, y);
    const port = this.canvas.locator(`[data-port=${outcome}]`);
    await port.waitFor();
    const box = await port.boundingBox();
    if (!box) throw new Error(`the port of ${path} is not in sight`);
    await this.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await this.page.mouse.down();
    await this.page.mouse.move(to.x, to.y, { steps: 6 });
    await this.page.mouse.up();
  }

  /** Empty ground, in a corner of the canvas. */
  async ground(): Promise<{ x: number; y: number }> {
    const box = await this.canvas.boundingBox();
    if (!box) throw new Error("there is no canvas");
    return { x: box.x + 16, y: box.y + box.height - 16 };
  }

  /** Chooses a kind in the palette, and takes the name that it gives. */
  async choose(kind: string): Promise<void> {
    await this.page.getByRole("option", { name: kind }).first().click();
    await this.page.getByRole("textbox", { name: /^Name of/ }).waitFor();
    const { x, y } = await this.ground();
    await this.page.mouse.click(x, y);
  }

  async addByMouse(kind: string): Promise<void> {
    await this.page.getByRole("button", { name: /^Add task/ }).click();
    await this.choose(kind);
  }

  async next(path: string, outcome: string, kind: string): Promise<void> {
    await this.wire(path, outcome, await this.ground());
    await this.choose(kind);
  }

  /** Chooses from the menu of a task. */
  async pick(path: string, action: string): Promise<void> {
    await this.task(path).click({ button: "right" });
    await this.page.getByRole("menuitem", { name: action }).click();
  }

  /** Waits until the file says this. */
  async saved(flow: string, text: string): Promise<void> {
    await expect.poll(async () => (await studio.ask<FlowDetail>(`/flows/${flow}`)).text).toBe(text);
    await this.page.getByRole("button", { name: /^Save/, disabled: true }).waitFor();
  }

  async fit(): Promise<void> {
    await this.page.getByRole("button", { name: "Zoom to fit" }).click();
  }

  /** Adds a task by keyboard: its kind, then its name. */
  async addByKeys(key: "Tab" | "n", kind: string, name: string): Promise<void> {
    await press(this.page, key);
    await this.page.getByRole("dialog").waitFor();
    await this.page.keyboard.type(kind);
    await press(this.page, "Enter");
    await this.page.getByRole("textbox", { name: /^Name of/ }).waitFor();
    await this.page.keyboard.type(name);
    await press(this.page, "Enter");
    await this.atWork();
    await this.drawn(name);
  }

  /** Draws an edge from what is selected, by keyboard. */
  async connectByKeys(to: string, outcome: string): Promise<void> {
    await press(this.page, "c");
    await this.page.getByRole("dialog").waitFor();
    await this.page.keyboard.type(to);
    await press(this.page, "Enter");
    await this.page.getByRole("option", { name: "when it failed" }).waitFor();
    await this.page.keyboard.type(outcome);
    await press(this.page, "Enter");
    await this.atWork();
  }

  /** Waits until the keyboard is with the canvas, or the list in its place. */
  async atWork(): Promise<void> {
    await this.page.getByRole("dialog").waitFor({ state: "detached" });
    await expect
      .poll(() => this.page.evaluate(() => document.activeElement?.matches("[data-work]")))
      .toBe(true);
  }
}

describe("a flow of ten tasks", () => {
  it("is built by mouse alone, saved and run", async () => {
    const build = await Build.of("by-mouse");
    const { page } = build;
    await build.addByMouse("value");
    await build.found("value");
    await build.next("value", "succeeded", "shell");
    await build.found("shell");
    await build.addByMouse("shell");
    await build.found("shell_2");
    await build.pick("shell_2", "Run for each item");
    await build.wire("shell", "succeeded", await build.middle("shell_2"));
    await build.found("shell_2");
    await build.next("shell", "failed", "python");
    await build.found("python");
    await build.next("shell_2", "succeeded", "flow greet");
    await build.found("greet");
    await build.next("greet", "finished", "value");
    await build.found("value_2");
    await build.addByMouse("value");
    await build.found("value_3");
    await build.wire("value_2", "succeeded", await build.middle("value_3"));
    await build.found("value_3");
    await build.pick("value_3", "Duplicate");
    await build.found("value_4");
    await build.addByMouse("python");
    await build.found("python_2");
    await build.wire("value_4", "finished", await build.middle("python_2"));
    await build.found("python_2");
    await build.next("python_2", "finished", "shell");
    await build.found("shell_3");
    await page.getByRole("button", { name: /^Save/ }).click();
    await build.saved(
      "by-mouse",
      [
        "name: by-mouse",
        "",
        "tasks:",
        "  value:",
        "    value: null",
        "",
        "  shell:",
        "    needs: [value]",
        '    shell: ""',
        "",
        "  python:",
        "    needs: { shell: failed }",
        '    python: ""',
        "",
        "  shell_2:",
        '    shell: ""',
        "    for_each: []",
        "    needs: [shell]",
        "",
        "  greet:",
        "    needs: [shell_2]",
        "    flow: greet",
        "",
        "  value_2:",
        "    needs: { greet: finished }",
        "    value: null",
        "",
        "  value_3:",
        "    value: null",
        "    needs: [value_2]",
        "",
        "  value_4:",
        "    value: null",
        "    needs: [value_2]",
        "",
        "  python_2:",
        '    python: ""',
        "    needs: { value_4: finished }",
        "",
        "  shell_3:",
        "    needs: { python_2: finished }",
        '    shell: ""',
        "",
      ].join("\n"),
    );
    await page.getByRole("button", { name: /^Run…/ }).click();
    await page
      .getByRole("dialog")
      .getByRole("button", { name: /^Start/ })
      .click();
    await page.waitForURL(/\/runs\//);
    await studio.reached((await studio.newest("by-mouse")).id, "Completed");
  });

  it("is built by keyboard alone, saved and run", async () => {
    const build = await Build.of("by-keys");
    const { page } = build;
    await build.canvas.focus();
    await build.addByKeys("Tab", "value", "cities");
    await build.addByKeys("n", "shell", "fetch");
    await build.addByKeys("n", "python", "table");
    await build.addByKeys("n", "flow greet", "hello");
    await build.addByKeys("n", "value", "upload");
    await press(page, "Escape");
    await build.addByKeys("Tab", "shell", "tidy");
    await build.addByKeys("Tab", "python", "warn");
    await build.addByKeys("Tab", "value", "pause");
    await build.addByKeys("Tab", "shell", "items");
    await press(page, "m");
    await build.addByKeys("Tab", "value", "store");
    await press(page, "Shift+L");
    const list = page.getByRole("tree", { name: "The steps of by-keys" });
    await list.waitFor();
    await build.atWork();
    await press(page, "Home", "ArrowDown");
    await build.connectByKeys("tidy", "failed");
    await press(page, "Home", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown");
    await build.connectByKeys("warn", "finished");
    await press(page, "End");
    await build.connectByKeys("items", "succeeded");
    await press(page, "F2");
    await page.keyboard.type("keep");
    await press(page, "Enter");
    await list.getByRole("treeitem", { name: /^keep/ }).waitFor();
    await build.atWork();
    await press(page, "Alt+ArrowUp", "Control+s");
    await build.saved(
      "by-keys",
      [
        "name: by-keys",
        "",
        "tasks:",
        "  cities:",
        "    value: null",
        "",
        "  fetch:",
        "    needs: [cities]",
        '    shell: ""',
        "",
        "  table:",
        "    needs: [fetch]",
        '    python: ""',
        "",
        "  hello:",
        "    needs: [table]",
        "    flow: greet",
        "",
        "  upload:",
        "    needs: [hello]",
        "    value: null",
        "",
        "  tidy:",
        '    shell: ""',
        "    needs: { fetch: failed }",
        "",
        "  warn:",
        '    python: ""',
        "    needs: { upload: finished }",
        "",
        "  pause:",
        "    value: null",
        "",
        "  keep:",
        "    value: null",
        "",
        "  items:",
        '    shell: ""',
        "    for_each: []",
        "    needs: [keep]",
        "",
      ].join("\n"),
    );
    await expect.poll(() => page.getByRole("button", { name: /^Run…/ }).isEnabled()).toBe(true);
    await press(page, "Control+Enter");
    await page
      .getByRole("dialog")
      .getByRole("button", { name: /^Start/ })
      .waitFor();
    await press(page, "Control+Enter");
    await page.waitForURL(/\/runs\//);
    await studio.reached((await studio.newest("by-keys")).id, "Completed");
  });
});

describe("text and canvas", () => {
  it("are one: what is typed is drawn, and what is done on the canvas stands in the text, the rest untouched", async () => {
    const build = await Build.of("pipeline");
    const { page } = build;
    await build.drawn("report");
    await build.text.click();
    await press(page, "Control+End");
    await page.keyboard.type("\n  last: { value: 9 }");
    await build.drawn("last");
    await expect.poll(() => build.canvas.locator(".is-selected").count()).toBe(1);
    await (await build.drawn("check")).click();
    await expect
      .poll(() => build.text.locator(".is-chosen").allTextContents())
      .toContain("    needs: [load]");
    await press(page, "Delete");
    await expect.poll(() => build.written()).not.toContain("check:");
    expect(await build.written()).toContain("    value: [1, 2]   # two of them");
    await press(page, "Control+z", "Control+z");
    await press(page, "Control+z");
    await expect.poll(() => build.written()).toBe(PIPELINE);
    await press(page, "Control+Shift+z");
    await build.task("last").waitFor();
  });

  it("go through the clipboard as YAML", async () => {
    const build = await Build.of("greet");
    const { page } = build;
    await (await build.drawn("say")).click();
    await press(page, "Control+c");
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("say: { value: hello }\n");
    await press(page, "Control+v");
    await build.drawn("say_2");
    await press(page, "Control+x");
    await expect.poll(() => build.written()).toBe(GREET);
    await page.evaluate(() => navigator.clipboard.writeText("shell: echo pasted\n"));
    await press(page, "Control+v");
    await build.drawn("shell");
    expect(await build.written()).toContain("echo pasted");
  });

  it("stay as they were while the text cannot be read, and the canvas says why it does nothing", async () => {
    const build = await Build.of("broken");
    const { page } = build;
    await build.drawn("report");
    await build.text.click();
    await press(page, "Control+Home");
    await page.keyboard.type("x: {");
    await page.getByText("the canvas shows the flow as it was before").waitFor();
    expect(await build.task("report").count()).toBe(1);
    await build.task("report").click();
    await press(page, "Delete");
    await page.getByText(/cannot be read/).waitFor();
    expect(await build.task("report").count()).toBe(1);
    await build.text.click();
    await press(page, "Control+Home", "Delete", "Delete", "Delete", "Delete");
    await page.getByText("the canvas shows the flow as it was before").waitFor({ state: "detached" });
    await build.reads(PIPELINE.replace("pipeline", "broken"));
  });
});

describe("the canvas", () => {
  it("keeps where a task is moved to, and undoes it", async () => {
    const build = await Build.of("moved");
    const { page } = build;
    const before = await build.middle("check");
    await page.mouse.move(before.x, before.y);
    await page.mouse.down();
    await page.mouse.move(before.x + 120, before.y + 10, { steps: 5 });
    await page.mouse.up();
    await expect.poll(async () => Math.round((await build.middle("check")).x - before.x)).toBe(120);
    expect(await build.written()).toBe(PIPELINE.replace("pipeline", "moved"));
    await press(page, "Control+z");
    await expect.poll(async () => Math.round((await build.middle("check")).x - before.x)).toBe(0);
    await press(page, "Control+Shift+z");
    await expect.poll(async () => Math.round((await build.middle("check")).x - before.x)).toBe(120);
    // Left of where the flow began it is seen and pressed as anywhere.
    const now = await build.middle("check");
    await page.mouse.move(now.x, now.y);
    await page.mouse.down();
    await page.mouse.move(before.x - 200, before.y, { steps: 5 });
    await page.mouse.up();
    await expect.poll(async () => Math.round((await build.middle("check")).x - before.x)).toBe(-200);
    await press(page, "Escape");
    await build.task("check").click();
    await expect.poll(() => build.canvas.locator(".is-selected").count()).toBe(1);
  });

  it("groups what is selected by an area, names the group, and takes it apart in one step each", async () => {
    const build = await Build.of("grouped");
    const { page } = build;
    await build.drawn("load");
    const [load, report] = [await build.middle("check"), await build.middle("report")];
    await page.keyboard.down("Shift");
    await page.mouse.move(load.x - 150, load.y - 10);
    await page.mouse.down();
    await page.mouse.move(report.x + 150, report.y + 40, { steps: 5 });
    await page.mouse.up();
    await page.keyboard.up("Shift");
    await expect.poll(() => build.canvas.locator(".is-selected").count()).toBe(2);
    await press(page, "Control+g");
    await page.getByRole("textbox", { name: "Name of group" }).fill("work");
    await press(page, "Enter");
    await build.drawn("work/check");
    expect(await build.written()).toContain("  work:\n    needs: [load]\n    tasks:\n      check:");
    await press(page, "Space");
    await expect.poll(() => build.task("work/check").count()).toBe(0);
    await press(page, "Space");
    await press(page, "Control+Shift+g");
    await build.drawn("check");
    await press(page, "Control+z", "Control+z", "Control+z");
    await build.reads(PIPELINE.replace("pipeline", "grouped"));
  });

  it("changes an edge by pressing it, and says that one which an expression implies stays", async () => {
    const build = await Build.of("listed");
    const { page } = build;
    const [check, report] = [await build.middle("check"), await build.middle("report")];
    await page.mouse.click(check.x, (check.y + report.y) / 2);
    await page.getByRole("menuitem", { name: /when it failed/ }).click();
    await expect.poll(() => build.written()).toContain("needs: { check: failed }");
    await build.task("check").click();
    await press(page, "Control+z");
    await build.text.getByText("needs: [load]").click();
    await press(page, "Home", "Shift+End", "Delete");
    await page.getByText(/^checked as you type/).waitFor();
    const load = await build.middle("load");
    await page.mouse.click(load.x, ((await build.middle("check")).y + load.y) / 2);
    await page.getByRole("menuitem", { name: /^Delete the edge/ }).click();
    await page.getByText(/an expression of .* reads/).waitFor();
  });
});

describe("while a run goes on", () => {
  it("its tasks light up where they are edited, and one that failed leads to its last line", async () => {
    const build = await Build.of("lively");
    const { page } = build;
    await build.drawn("wait");
    await studio.run("lively");
    await build.canvas.getByRole("img", { name: /^wait, shell, Running/ }).waitFor();
    await studio.write("go", "");
    await build.canvas.getByRole("img", { name: /^after, shell, Completed/ }).waitFor();
    await build.canvas.getByRole("img", { name: /^fail, shell, Failed/ }).waitFor();
    await build.canvas.getByRole("button", { name: /exit code 3/ }).click();
    await page.waitForURL(/\/runs\/[^#]+#L\d+$/);
    await page.getByText("the last word").first().waitFor();
  });
});
