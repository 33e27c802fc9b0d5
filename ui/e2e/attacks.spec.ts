// Names, descriptions, parameters, outputs, messages, questions and lines of logs are somebody else's text. Whatever
// stands in them, it is shown as text: it runs nothing, becomes no element, goes nowhere and does not leave its place.

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Run } from "../src/api/types";
import { browser, press, type Session, session, shown } from "./browser";
import { HOSTILE } from "./hostile";
import { Studio } from "./studio";

let studio: Studio;
let on: Browser;
let run: Run;
let failed: Run;
let asking: Run;
let here: Session;

/** A flow that holds every hostile text wherever text may stand. */
function hostileFlow(name: string, end: string): string {
  const text = HOSTILE.join("\n\n");
  const parameters = HOSTILE.map((hostile, index) => [
    `p${index}`,
    { type: "string", title: hostile, description: hostile, default: hostile },
  ]);
  // JSON is YAML: nothing has to be quoted twice.
  return JSON.stringify({
    name,
    description: text,
    tags: HOSTILE.slice(0, 2),
    parameters: Object.fromEntries(parameters),
    tasks: {
      say: { description: text, env: { TEXT: "{{ params | tojson }}" }, python: { code: SAY } },
      item: { needs: ["say"], for_each: "{{ tasks.say.output }}", value: { text: "{{ item }}" } },
      fail: {
        needs: ["item"],
        env: { TEXT: HOSTILE[1] },
        shell: `printf '%s\\n' "$TEXT" >&2; ${end}`,
      },
    },
    output: { all: "{{ params }}", "<img src=x onerror=window.owned=20>": HOSTILE[0] },
  });
}

const SAY = `
import json, os, sys
texts = list(json.loads(os.environ["TEXT"]).values())
for text in texts:
    print(text)
    print(text, file=sys.stderr)
print("x" * 1_000_000)
print("before\\x00after", "\\x1b[2J\\x1b[1;1H\\x1b[999;999Hfar away", "over\\rwritten")
return texts
`;

/** Fails with a message that is hostile itself. */
const MESSAGE = JSON.stringify({
  name: "hostile-message",
  tasks: {
    raise: { python: { code: `raise RuntimeError(${JSON.stringify(HOSTILE.slice(0, 9).join(" "))})` } },
  },
});

const QUESTION = JSON.stringify({
  name: "hostile-question",
  tasks: {
    ask: {
      approve: {
        message: `# ${HOSTILE.join("\n\n")}`,
        fields: {
          type: "object",
          properties: { note: { type: "string", title: HOSTILE[1], description: HOSTILE.join("\n\n") } },
        },
      },
    },
  },
});

beforeAll(async () => {
  studio = await Studio.start(async (prepared) => {
    await prepared.flows(hostileFlow("hostile", "exit 0"), hostileFlow("hostile-fails", "exit 1"));
    await prepared.flows(MESSAGE, QUESTION);
    await prepared.flows(`name: hostile-broken\n${JSON.stringify(HOSTILE[1])}: 1\ntasks: {}\n`);
    for (const flow of ["hostile", "hostile", "hostile-fails", "hostile-message"])
      await prepared.call("run", flow, "--quiet");
    await prepared.call("vars", "set", "hostile", HOSTILE[1] ?? "");
  });
  on = await browser();
  asking = await studio.run("hostile-question");
  await studio.reached(asking.id, "Paused");
  run = await studio.newest("hostile");
  failed = await studio.newest("hostile-fails");
  here = await session(on, studio);
});

afterAll(async () => {
  await on?.close();
  await studio?.stop();
});

beforeEach(async () => {
  // What one place chose of views is not the next one's.
  await here.page.evaluate(() => localStorage.clear());
});

/** What of the hostile texts has become more than text. */
async function escaped(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    if ("owned" in window) found.push(`a script ran: ${String(window.owned)}`);
    const forbidden =
      "script:not([src]), iframe, object, embed, base, meta[http-equiv], form[action], img:not(.cm-widgetBuffer), style[onload]";
    for (const element of document.querySelectorAll(`#root ${forbidden.replaceAll(", ", ", #root ")}`))
      found.push(element.outerHTML.slice(0, 200));
    for (const element of document.querySelectorAll("*"))
      for (const { name, value } of element.attributes)
        if (
          /^on/i.test(name) ||
          (/^(href|src|action|xlink:href)$/i.test(name) && /^\s*(javascript|vbscript|data:text)/i.test(value))
        )
          found.push(`${name}=${value.slice(0, 200)}`);
    const { innerWidth, innerHeight } = window;
    const { scrollWidth, scrollHeight } = document.documentElement;
    if (scrollWidth > innerWidth || scrollHeight > innerHeight)
      found.push(
        `the page is ${scrollWidth} × ${scrollHeight} in a window of ${innerWidth} × ${innerHeight}`,
      );
    // What lies over the rail or the line at the bottom has left its place.
    for (const [x, y, place] of [
      [20, 120, ".rail"],
      [20, innerHeight - 60, ".rail"],
      [300, innerHeight - 8, ".status"],
    ] as const)
      if (!document.querySelector("[role=dialog]") && !document.elementFromPoint(x, y)?.closest(place))
        found.push(
          `something lies over ${place}: ${document.elementFromPoint(x, y)?.outerHTML.slice(0, 200)}`,
        );
    if (/\p{Cc}/u.test(document.title)) found.push("the title was set");
    return found;
  });
}

interface Place {
  name: string;
  path: () => string;
  act?: (page: Page) => Promise<void>;
}

const PLACES: readonly Place[] = [
  { name: "home", path: () => "/" },
  { name: "the flows", path: () => "/flows" },
  { name: "a flow", path: () => "/flows/hostile" },
  { name: "a flow's runs", path: () => "/flows/hostile?tab=runs" },
  { name: "a flow's versions", path: () => "/flows/hostile?tab=versions" },
  { name: "a flow with mistakes", path: () => "/flows/hostile-broken" },
  {
    name: "the form of a flow",
    path: () => "/flows/hostile",
    act: async (page) => {
      await press(page, "Control+Enter");
      await shown(page.getByRole("dialog").getByLabel(/^p0/));
    },
  },
  { name: "the runs", path: () => "/runs" },
  {
    name: "the peek at a run",
    path: () => "/runs?flow=hostile",
    act: async (page) => {
      await shown(page.getByRole("rowgroup").getByRole("row"));
      await press(page, "Space");
      await shown(page.getByRole("complementary"));
    },
  },
  { name: "runs with a hostile filter", path: () => `/runs?flow=${encodeURIComponent(HOSTILE[1] ?? "")}` },
  { name: "a run", path: () => `/runs/${run.id}` },
  {
    name: "the end of a run's log, wrapped",
    path: () => `/runs/${run.id}`,
    act: async (page) => {
      await page.getByRole("button", { name: "Wrap long lines" }).click();
      await page.getByRole("button", { name: /^Follow/ }).click();
      await shown(page.getByRole("log").getByText("far away"));
    },
  },
  {
    name: "a task's output",
    path: () => `/runs/${run.id}`,
    act: async (page) => {
      await page.getByRole("tree", { name: /Timeline/ }).focus();
      await press(page, "ArrowDown");
      await shown(page.getByRole("complementary", { name: /Task say/ }).getByText("Output"));
    },
  },
  { name: "a run that failed", path: () => `/runs/${failed.id}` },
  {
    name: "a hostile message",
    path: () => "/runs?flow=hostile-message",
    act: async (page) => {
      await shown(page.getByRole("rowgroup").getByRole("row"));
      await press(page, "Enter");
      await shown(page.getByRole("complementary", { name: "About the run" }));
    },
  },
  {
    name: "a question",
    path: () => `/runs/${asking.id}`,
    act: async (page) => {
      await press(page, "a");
      await shown(page.getByRole("dialog").getByLabel(/note/));
    },
  },
  { name: "a comparison", path: () => `/runs/${run.id}/compare/${failed.id}` },
  { name: "activity", path: () => "/activity" },
  { name: "settings", path: () => "/settings" },
  { name: "nothing", path: () => `/${encodeURIComponent(HOSTILE[0] ?? "")}` },
  { name: "a hostile run", path: () => `/runs/${encodeURIComponent(HOSTILE[1] ?? "")}` },
  {
    name: "what the palette finds",
    path: () => "/",
    act: async (page) => {
      await press(page, "Control+k");
      await page.keyboard.type("onerror");
      await shown(page.getByRole("dialog").getByText("hostile"));
    },
  },
];

describe("hostile text stays text", () => {
  it.each(PLACES)("in $name", async ({ path, act }) => {
    const { context, page, trouble, goTo, settle } = here;
    trouble.length = 0;
    await goTo(path());
    await act?.(page);
    await settle();
    expect(await escaped(page)).toEqual([]);
    // Pressing what looks like a link leads nowhere either.
    for (const link of await page.getByText(/^(press|me)$/).all())
      await link.click({ timeout: 200, force: true }).catch(() => {});
    expect(await escaped(page)).toEqual([]);
    expect(new URL(page.url()).origin).toBe(studio.address);
    expect(context.pages()).toHaveLength(1);
    expect(trouble.filter((line) => /dialog|Content Security Policy|Refused/.test(line))).toEqual([]);
  });

  it("in lines, whose control characters move nothing, and of which a page draws only a part", async () => {
    const { page, goTo } = here;
    await goTo(`/runs/${run.id}`);
    await page.getByRole("button", { name: /^Follow/ }).click();
    const last = await shown(page.getByRole("log").locator(".ll", { hasText: "far away" }));
    expect(await last.textContent()).not.toContain("\u001b");
    expect((await last.boundingBox())?.height).toBeLessThan(24);
    // One of them is a million characters long.
    const most = await page.evaluate(() =>
      Math.max(...[...document.querySelectorAll(".ll")].map((line) => line.textContent?.length ?? 0)),
    );
    expect(most).toBeLessThan(100_000);
  });
});
