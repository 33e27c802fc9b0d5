// The guide: from an empty folder to a flow of three tasks that has run, by keyboard alone and by mouse alone, in at
// most 25 presses; or with everything done for the person.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { FlowDetail } from "../src/api/types";
import { browser, type Session, session, THEMES, type Theme } from "./browser";
import { Studio } from "./studio";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Presses from nothing to a run that completed and a log that was read. */
const MOST_PRESSES = 25;

const BUILT = `
name: first-flow

tasks:
  hello:
    shell: echo hello

  alarm:
    needs: { hello: failed }
    shell: echo it failed

  time:
    shell: date
    needs: [hello]
`.trimStart();

let on: Browser;
let studio: Studio;
let here: Session;

beforeAll(async () => {
  on = await browser();
});

afterAll(async () => {
  await on?.close();
});

afterEach(async () => {
  await here?.context.close();
  await studio?.stop();
});

/** The guide on an empty workspace, and a person who is counted. */
class Person {
  readonly page: Page;
  readonly guide: Locator;
  readonly canvas: Locator;
  presses = 0;

  constructor(page: Page) {
    this.page = page;
    this.guide = page.getByRole("region", { name: "Guide" });
    this.canvas = page.getByRole("application", { name: /^The graph of/ });
  }

  static async atNothing(theme: Theme = "light"): Promise<Person> {
    studio = await Studio.start(async () => {}, "nothing");
    here = await session(on, studio, theme);
    await here.page.getByRole("heading", { name: "No flows in this folder yet" }).waitFor();
    return new Person(here.page);
  }

  async key(...keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      this.presses += 1;
      await this.page.keyboard.press(key);
    }
  }

  async click(target: Locator): Promise<void> {
    this.presses += 1;
    await target.click();
  }

  /** What is typed into names and commands is not counted. */
  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text);
  }

  /** Waits until the guide asks for this. */
  async asked(title: string): Promise<void> {
    await this.guide.getByRole("heading", { level: 3, name: title }).waitFor();
    await this.settled();
  }

  async settled(): Promise<void> {
    const busy = this.page.locator(".build-stage:is([aria-busy=true], :has([aria-busy=true]))");
    await expect.poll(() => busy.count()).toBe(0);
  }

  /** Waits until the keyboard is with what the selector says. */
  async at(selector: string): Promise<void> {
    await expect
      .poll(() => this.page.evaluate((where) => document.activeElement?.matches(where), selector))
      .toBe(true);
  }

  async onCanvas(): Promise<void> {
    await this.page.getByRole("dialog").waitFor({ state: "detached" });
    await this.at("[data-work=canvas]");
    await this.settled();
  }

  /** In the palette: the first kind, then the name. */
  async addByKeys(key: string, name: string): Promise<void> {
    await this.key(key);
    await this.page.getByRole("option", { name: /^shell/ }).waitFor();
    await this.key("Enter");
    await this.nameIt(name);
    await this.onCanvas();
  }

  async nameIt(name: string): Promise<void> {
    await this.page.getByRole("textbox", { name: /^Name of/ }).waitFor();
    await this.type(name);
    await this.key("Enter");
  }

  async commandByKeys(command: string): Promise<void> {
    await this.key("Enter");
    await this.at("[data-part=inspector] .cm-content");
    await this.type(command);
  }

  async addByMouse(name: string): Promise<void> {
    await this.click(this.page.getByRole("button", { name: /^Add task/ }));
    await this.chooseShell(name);
  }

  async chooseShell(name: string): Promise<void> {
    await this.click(this.page.getByRole("option", { name: /^shell/ }));
    await this.nameIt(name);
    await this.onCanvas();
  }

  async commandByMouse(command: string): Promise<void> {
    await this.click(this.page.locator("[data-part=inspector] .cm-content").first());
    await this.type(command);
  }

  async middle(task: string): Promise<{ x: number; y: number }> {
    const node = this.canvas.locator(`[aria-label^="${task}, "]`);
    let before = "";
    await expect
      .poll(async () => {
        await this.settled();
        const now = JSON.stringify(await node.boundingBox());
        const isStill = now === before && now !== "null";
        before = now;
        return isStill;
      })
      .toBe(true);
    const box = await node.boundingBox();
    if (!box) throw new Error(`${task} is not in sight`);
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  }

  /** Pulls a wire: the button is pressed once. */
  async wire(task: string, outcome: string, to: { x: number; y: number }): Promise<void> {
    const { x, y } = await this.middle(task);
    await this.page.mouse.move(x, y);
    const port = this.canvas.locator(`[data-port=${outcome}]`);
    await port.waitFor();
    const box = await port.boundingBox();
    if (!box) throw new Error(`the port of ${task} is not in sight`);
    await this.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    this.presses += 1;
    await this.page.mouse.down();
    await this.page.mouse.move(to.x, to.y, { steps: 6 });
    await this.page.mouse.up();
  }

  async ground(): Promise<{ x: number; y: number }> {
    const box = await this.canvas.boundingBox();
    if (!box) throw new Error("there is no canvas");
    return { x: box.x + 24, y: box.y + box.height - 60 };
  }

  /** Presses what the guide offers to do. */
  async letDo(): Promise<void> {
    await this.click(this.guide.getByRole("button", { name: "Do it for me" }));
  }

  async ends(): Promise<void> {
    await this.asked("Your first flow works");
    const run = await studio.newest("first-flow");
    expect(run.state).toBe("Completed");
    const { text } = await studio.ask<FlowDetail>("/flows/first-flow");
    expect(text).toBe(BUILT);
    // A question about what is still being written may be refused.
    expect(here.trouble.filter((line) => !/status of 4\d\d/.test(line))).toEqual([]);
  }
}

/** What axe finds serious. */
async function serious(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { violations } = await (
      window as never as {
        axe: {
          run: () => Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }>;
        };
      }
    ).axe.run();
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
  });
}

describe("the guide leads from an empty folder to a run that completed", () => {
  it("by keyboard alone", async () => {
    const person = await Person.atNothing();
    await person.key("b");
    await person.asked("Add a task");
    await person.onCanvas();
    await person.addByKeys("Tab", "hello");
    await person.asked("Write its command");
    await person.commandByKeys("echo hello");
    await person.asked("Add a second task");
    await person.key("Shift+F6");
    await person.onCanvas();
    await person.addByKeys("Tab", "time");
    await person.commandByKeys("date");
    await person.asked("Connect the two");
    await person.key("Shift+F6");
    await person.onCanvas();
    await person.middle("time");
    await person.key("ArrowLeft", "c");
    await person.page.getByRole("option", { name: "time" }).waitFor();
    await person.key("Enter");
    await person.page.getByRole("option", { name: "when it succeeded" }).waitFor();
    await person.key("Enter");
    await person.onCanvas();
    await person.asked("Say what happens on failure");
    await person.addByKeys("x", "alarm");
    await person.commandByKeys("echo it failed");
    await person.asked("Save");
    await person.key("Control+s");
    await person.asked("Run");
    await person.key("Shift+F6", "Control+Enter");
    await person.page.getByRole("button", { name: /^Start run/ }).waitFor();
    await person.key("Enter");
    await person.page.waitForURL(/\/runs\//);
    await person.asked("Read the log");
    await person.key("l");
    await person.ends();
    expect(person.presses).toBeLessThanOrEqual(MOST_PRESSES);
  });

  it("by mouse, with the keyboard for names and commands only", async () => {
    const person = await Person.atNothing();
    const { page } = person;
    await person.click(page.getByRole("button", { name: /^Build with the guide/ }));
    await person.asked("Add a task");
    await person.addByMouse("hello");
    await person.asked("Write its command");
    await person.commandByMouse("echo hello");
    await person.asked("Add a second task");
    await person.addByMouse("time");
    await person.commandByMouse("date");
    await person.asked("Connect the two");
    await person.wire("hello", "succeeded", await person.middle("time"));
    await person.asked("Say what happens on failure");
    await person.wire("hello", "failed", await person.ground());
    await person.chooseShell("alarm");
    await person.commandByMouse("echo it failed");
    await person.asked("Save");
    await person.click(page.getByRole("button", { name: /^Save/ }));
    await person.asked("Run");
    await person.click(page.getByRole("button", { name: /^Run…/ }));
    await person.click(page.getByRole("button", { name: /^Start run/ }));
    await page.waitForURL(/\/runs\//);
    await person.asked("Read the log");
    await person.click(page.locator('[aria-label^="hello, "]').first());
    await person.ends();
    expect(person.presses).toBeLessThanOrEqual(MOST_PRESSES);
  });

  it.each(THEMES)("with every step done for the person, and keeps nobody out, %s", async (theme) => {
    const person = await Person.atNothing(theme);
    const { page } = person;
    await person.click(page.getByRole("button", { name: /^Build with the guide/ }));
    for (const title of [
      "Add a task",
      "Write its command",
      "Add a second task",
      "Connect the two",
      "Say what happens on failure",
      "Save",
      "Run",
    ]) {
      await person.asked(title);
      expect(await serious(page), title).toEqual([]);
      await person.letDo();
    }
    await page.waitForURL(/\/runs\//);
    await person.asked("Read the log");
    expect(await serious(page)).toEqual([]);
    await person.letDo();
    await person.ends();
    expect(await serious(page)).toEqual([]);
    await person.click(person.guide.getByRole("button", { name: "Close the guide" }));
    await person.guide.waitFor({ state: "detached" });
  });
});

describe("the guide", () => {
  it("is left and opened again at the step where the flow is, and follows what is undone", async () => {
    const person = await Person.atNothing();
    const { page } = person;
    await person.key("b");
    await person.asked("Add a task");
    await person.onCanvas();
    await person.addByKeys("Tab", "hello");
    await person.commandByKeys("echo hello");
    await person.asked("Add a second task");
    await person.guide.getByRole("button", { name: "Leave the guide" }).click();
    await person.guide.waitFor({ state: "detached" });
    // What was made stays, saved or not, and so it does when the page is left.
    await page.getByRole("link", { name: "Runs", exact: true }).last().click();
    await page.goBack();
    await page.getByRole("button", { name: "More of this flow" }).press("Enter");
    await page.getByRole("menuitem", { name: "Guide" }).press("Enter");
    await person.asked("Add a second task");
    await person.canvas.focus();
    await page.keyboard.press("Control+z");
    await person.asked("Write its command");
    await page.keyboard.press("Control+Shift+z");
    await person.asked("Add a second task");
  });

  it("goes along with any new flow, says what went wrong with its run, and follows its new name", async () => {
    studio = await Studio.start(async (prepared) => {
      await prepared.flows("name: other\ntasks:\n  one: { value: 1 }\n");
    }, "nothing");
    here = await session(on, studio);
    await here.goTo("/flows");
    const person = new Person(here.page);
    const { page } = person;
    await page.keyboard.press("n");
    const form = page.getByRole("dialog");
    await form.getByLabel("Name").fill("mine");
    await form.getByRole("radio", { name: /^The guide/ }).check();
    await form.getByRole("button", { name: "Create" }).click();
    await person.asked("Add a task");
    await person.onCanvas();
    await page.getByRole("button", { name: "Text and canvas" }).click();
    const text = page.getByRole("textbox", { name: /^The text of/ });
    await text.click();
    await page.keyboard.press("Control+a");
    await page.keyboard.insertText(
      "name: ours\ntasks:\n  one: { shell: 'exit 3' }\n  two: { needs: [one], shell: date }\n" +
        "  three: { needs: { one: failed }, shell: date }\n",
    );
    await person.asked("Save");
    await person.letDo();
    await page.waitForURL(/\/flows\/ours$/);
    await person.asked("Run");
    await person.letDo();
    await page.waitForURL(/\/runs\//);
    await person.guide.getByText("The run did not complete.").waitFor();
    await person.guide.getByRole("link", { name: "the flow" }).click();
    await person.guide.getByText("did not complete; the run says why").waitFor();
    await person.asked("Run");
  });
});
