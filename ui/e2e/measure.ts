// How fast the studio is where there is much of everything, told as numbers beside their bounds: `npm run measure`.
// Nothing here fails: what is missed is said.

import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { resolve } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, it } from "vitest";
import type { NodeStates } from "../src/api/types";
import { browser, press, type Session, session, shown } from "./browser";
import { type Frames, framesWhile } from "./frames";
import { Studio } from "./studio";
import { workWhile } from "./trace";

const FILE = resolve(process.env.TIDEMILL_MEASURES ?? "../target/measures.tsv");

const RUNS = Number(process.env.TIDEMILL_MEASURES_RUNS ?? 100_000);
const LINES = 1_000_000;
const PAN_MS = 5000;

interface Measure {
  name: string;
  value: number;
  /** the most that it may be */
  bound: number;
  unit: string;
  beside?: string;
}

const measures: Measure[] = [];

/** One value task a run: what is listed is runs, not tasks. */
const ONE = `
name: one
parameters: { n: { type: integer } }
tasks:
  t: { value: "{{ params.n }}" }
`;

const MANY = `
name: many
tasks:
  t:
    for_each: "{{ range(${RUNS}) | list }}"
    concurrency: 8
    flow: { name: one, parameters: { n: "{{ item }}" } }
`;

const LOG = `
name: lines
tasks:
  write: { shell: "seq 1 ${LINES}; until test -e go-on; do sleep 0.01; done; echo at last" }
`;

/** A thousand tasks in layers of eight, each of twelve items that last 130 ms: some 2,000 moves a second. */
function layers(): string {
  const tasks = Array.from({ length: 1000 }, (_, at) => {
    const before = at < 8 ? "" : `needs: [t${at - 8}, t${at - 8 - (at % 8) + ((at + 1) % 8)}], `;
    return `  t${at}: { ${before}for_each: "{{ range(12) | list }}", wait: 130ms }`;
  });
  return `name: layers\ntasks:\n${tasks.join("\n")}\n`;
}

let studio: Studio;
let on: Browser;
let here: Session;

beforeAll(async () => {
  studio = await Studio.start(async (prepared) => {
    // Alone: a flow that is called by name is looked for among all files, for each run anew.
    await prepared.flows(ONE, MANY);
    await prepared.call("run", "many", "--quiet");
    await prepared.flows(LOG, layers());
  }, "nothing");
  on = await browser();
  here = await session(on, studio, "light", { reducedMotion: "no-preference" });
}, 1_800_000);

afterAll(async () => {
  await on?.close();
  await studio?.stop();
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? "unknown"}`;
  await writeFile(FILE, measures.map(({ name, value, bound }) => `${name}\t${value}\t${bound}\n`).join(""));
  const rows = measures.map(
    ({ name, value, bound, unit, beside }) =>
      `${name.padEnd(44)} ${value.toFixed(1).padStart(8)} ${unit} ≤ ${bound}  ${value <= bound ? "holds " : "MISSED"}  ${beside ?? ""}`,
  );
  process.stdout.write(`${machine}\n${rows.join("\n")}\n`);
});

function tell(name: string, value: number, bound: number, unit: string, beside?: string): void {
  measures.push({ name, value, bound, unit, ...(beside === undefined ? {} : { beside }) });
}

function tellFrames(name: string, frames: Frames, beside = ""): void {
  const { longest, p95, over, work, frames: count } = frames;
  const rest = `${count} frames, p95 ${p95.toFixed(1)}, ${over} over 50; work p95 ${work.p95.toFixed(1)}, longest ${work.longest.toFixed(1)}`;
  tell(name, longest, 50, "ms", beside === "" ? rest : `${rest}; ${beside}`);
}

it("scrolls all runs as one list", async () => {
  const { page, goTo } = here;
  await goTo("/runs");
  await shown(page.getByRole("rowgroup").getByRole("row"));
  const steady = await framesWhile(page, () => scroll(".list", 600, 5000));
  tellFrames(`${RUNS} runs: scrolling on, five seconds`, steady);
  const leaping = await framesWhile(page, async () => {
    for (const share of [0.3, 0.9, 0.1, 0.6, 1]) {
      await page.locator(".list").evaluate((list, to) => {
        list.scrollTop = (list.scrollHeight - list.clientHeight) * to;
      }, share);
      await page.waitForFunction(() => document.querySelectorAll(".list [role=row][id]").length > 5, null, {
        timeout: 120_000,
      });
    }
  });
  tellFrames(`${RUNS} runs: the scroll bar pulled about`, leaping);
  const keys = await framesWhile(page, async () => {
    for (let at = 0; at < 60; at += 1) await press(page, "k");
  });
  tellFrames(`${RUNS} runs: sixty times K`, keys);
}, 600_000);

it("shows a thousand tasks live", async () => {
  const { page, goTo } = here;
  const run = await studio.run("layers");
  await goTo(`/runs/${run.id}`);
  await shown(page.getByRole("application", { name: /^Graph of/ }));
  await here.settle();
  const before = await studio.ask<NodeStates>(`/runs/${run.id}/nodes`);
  const began = Date.now();
  const frames = await framesWhile(page, () => page.waitForTimeout(8000));
  const after = await studio.ask<NodeStates>(`/runs/${run.id}/nodes`);
  const rate = ((after.cursor - before.cursor) / (Date.now() - began)) * 1000;
  tellFrames("1,000 tasks live: eight seconds", frames, `${Math.round(rate)} moves a second`);
  await studio.reached(run.id, "Completed").catch(() => studio.ask(`/runs/${run.id}/cancel`, "POST", {}));
}, 300_000);

it("reads and lays out a thousand tasks", async () => {
  const { page, goTo } = here;
  await goTo("/flows/one");
  const began = Date.now();
  const gaps = await framesWhile(page, async () => {
    // Within the page: what a load takes is measured elsewhere.
    await page.evaluate(() => history.pushState(null, "", "/flows/layers"));
    await page.evaluate(() => dispatchEvent(new PopStateEvent("popstate")));
    const graph = page.getByRole("application", { name: /graph of layers/ });
    await shown(graph.locator(".react-flow__node"));
    await page.waitForFunction(() => document.querySelector(".build-stage [aria-busy=true]") === null);
  });
  const beside = `longest gap between frames ${gaps.longest.toFixed(1)}`;
  tell("1,000 tasks: read and laid out", Date.now() - began, 2000, "ms", beside);
}, 120_000);

it("pans a thousand tasks", async () => {
  const { page, goTo } = here;
  await goTo("/flows/layers");
  const graph = page.getByRole("application", { name: /graph of layers/ });
  await shown(graph.locator(".react-flow__node"));
  await here.settle();
  const box = await graph.boundingBox();
  if (!box) throw new Error("the graph has no box");
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  for (const [name, zoom] of [
    ["all of it in view", 0],
    ["near", -900],
  ] as const) {
    await page.mouse.move(x, y);
    if (zoom !== 0) await page.mouse.wheel(0, zoom);
    await here.settle();
    // On a task it would be the task that moves.
    const start = await groundNear(page, x, y);
    const frames = await framesWhile(page, () => dragAround(page, start, PAN_MS));
    tell(`1,000 tasks: panning, ${name}: work in a frame`, frames.work.p95, 8, "ms", "p95");
    tellFrames(`1,000 tasks: panning, ${name}`, frames);
  }
}, 120_000);

/** The nearest point on which no task stands. */
async function groundNear(page: Page, x: number, y: number): Promise<{ x: number; y: number }> {
  const by = await page.evaluate(
    (from) => {
      for (let away = 0; away < 300; away += 1)
        if (!document.elementFromPoint(from.x + away, from.y + away)?.closest(".react-flow__node"))
          return away;
      return 0;
    },
    { x, y },
  );
  return { x: x + by, y: y + by };
}

it("pans, zooms and drags a thousand tasks, traced by the browser", async () => {
  const { page, goTo } = here;
  await goTo("/flows/layers");
  const graph = page.getByRole("application", { name: /graph of layers/ });
  await shown(graph.locator(".react-flow__node"));
  await here.settle();
  const box = await graph.boundingBox();
  if (!box) throw new Error("the graph has no box");
  const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  const work = await workWhile(on, page, async () => {
    const ground = await groundNear(page, middle.x, middle.y);
    await dragAround(page, ground, PAN_MS / 3);
    await page.mouse.move(middle.x, middle.y);
    const end = Date.now() + PAN_MS / 3;
    for (let at = 0; Date.now() < end; at += 1) await page.mouse.wheel(0, at % 60 < 40 ? -40 : 40);
    const task = await graph.locator(".react-flow__node").evaluateAll((nodes, { x, y }) => {
      const middles = nodes.map((node) => {
        const { left, top, width, height } = node.getBoundingClientRect();
        return { x: left + width / 2, y: top + height / 2 };
      });
      const away = (place: { x: number; y: number }) => Math.hypot(place.x - x, place.y - y);
      return middles.sort((a, b) => away(a) - away(b))[0];
    }, middle);
    if (!task) throw new Error("no task is in sight");
    await dragAround(page, task, PAN_MS / 3);
  });
  const { frames, median, p95, longest } = work;
  tell(
    "1,000 tasks: pan, zoom and drag: work in a frame, traced",
    p95,
    8,
    "ms",
    `p95 of ${frames} frames; median ${median.toFixed(1)}, longest ${longest.toFixed(1)}`,
  );
}, 120_000);

/** Pulls the pointer about from a place, and lets it go. */
async function dragAround(page: Page, from: { x: number; y: number }, ms: number): Promise<void> {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  const end = Date.now() + ms;
  for (let at = 0; Date.now() < end; at += 1)
    await page.mouse.move(from.x + Math.sin(at / 12) * 240, from.y + Math.cos(at / 15) * 200);
  await page.mouse.up();
}

it("drags one of a thousand tasks, and types beside them", async () => {
  const { page, goTo } = here;
  await goTo("/flows/layers");
  const graph = page.getByRole("application", { name: /graph of layers/ });
  await shown(graph.locator(".react-flow__node"));
  await here.settle();
  const found = page.getByRole("searchbox", { name: "Find a task" });
  await found.fill("t500");
  await found.press("Enter");
  const around = await graph.boundingBox();
  if (!around) throw new Error("the graph has no box");
  await page.mouse.move(around.x + around.width / 2, around.y + around.height / 2);
  await page.mouse.wheel(0, -900);
  await here.settle();
  const t500 = await shown(graph.locator('[aria-label^="t500, "]'));
  const task = await t500.boundingBox();
  if (!task) throw new Error("the task has no box");
  const start = { x: task.x + task.width / 2, y: task.y + task.height / 2 };
  const dragged = await framesWhile(page, () => dragAround(page, start, PAN_MS));
  await here.settle();
  const after = await t500.boundingBox();
  if (after?.x === task.x && after.y === task.y) throw new Error("the task was not dragged");
  tell("1,000 tasks: dragging one: work in a frame", dragged.work.p95, 8, "ms", "p95");
  tellFrames("1,000 tasks: dragging one", dragged);
  await here.settle();
  await page.getByRole("textbox", { name: "The text of layers" }).click();
  const typed = await framesWhile(page, () =>
    page.keyboard.type("# a remark, written slowly", { delay: 60 }),
  );
  tellFrames("1,000 tasks: typing in their text", typed);
  await page.keyboard.press("Control+End");
  const half = await framesWhile(page, () => page.keyboard.type('\nhalf: { "typed, slowly', { delay: 60 }));
  tellFrames("1,000 tasks: typing what cannot be read yet", half);
}, 120_000);

it("opens, follows and searches a log of a million lines", async () => {
  const { page, goTo } = here;
  const run = await studio.run("lines");
  for (let kept = 0; kept < LINES; ) {
    kept = (await studio.ask<{ total: number }>(`/runs/${run.id}/logs?limit=1`)).total;
    if (kept < LINES) await page.waitForTimeout(200);
  }
  for (const visit of ["first", "again"]) {
    await goTo("/runs?flow=lines");
    await shown(page.getByRole("rowgroup").getByRole("row"));
    const taken = await page.evaluate(async () => {
      const began = performance.now();
      document.querySelector<HTMLElement>(".list [role=row] a")?.click();
      while (document.querySelector(".log .ll .n") === null) await new Promise(requestAnimationFrame);
      return performance.now() - began;
    });
    tell(
      `a log of 1,000,000 lines: opens, ${visit}`,
      taken,
      300,
      "ms",
      "from the press to its lines, page and all",
    );
    await here.settle();
  }
  for (const [name, needle] of [
    ["some", "99999"],
    ["none", "nowhere at all"],
    ["nearly all", "1"],
  ] as const) {
    await page.getByRole("searchbox", { name: "Find in the log" }).fill("");
    await page.waitForFunction(() => document.querySelector(".find [role=status]")?.textContent === "");
    const taken = await page.evaluate(async (text) => {
      const field = document.querySelector<HTMLInputElement>(".find input");
      const said = document.querySelector(".find [role=status]");
      if (!field || !said) throw new Error("there is no field");
      const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")?.set;
      const began = performance.now();
      set?.call(field, text);
      field.dispatchEvent(new Event("input", { bubbles: true }));
      await new Promise(requestAnimationFrame);
      while (!/^(none|[\d\s,.’']+)/u.test(said.textContent ?? "")) await new Promise(requestAnimationFrame);
      return performance.now() - began;
    }, needle);
    tell(
      `a log of 1,000,000 lines: finds ${name}`,
      taken,
      1000,
      "ms",
      `what is found: ${await page.locator(".find [role=status]").textContent()}`,
    );
  }
  await page.getByRole("searchbox", { name: "Find in the log" }).fill("");
  const frames = await framesWhile(page, () => scroll(".log-scroll", 900, 5000));
  tellFrames("a log of 1,000,000 lines: scrolling, five seconds", frames);
  if ((await page.getByRole("button", { name: "Follow" }).getAttribute("aria-pressed")) === "false")
    await page.getByRole("button", { name: "Follow" }).click();
  const began = Date.now();
  await studio.write("go-on", "");
  await page.getByRole("log").getByText("at last").waitFor();
  tell("a log of 1,000,000 lines: a new line shows", Date.now() - began, 500, "ms");
}, 600_000);

/** Scrolls on by so many pixels a frame. */
async function scroll(what: string, by: number, ms: number): Promise<void> {
  await here.page.locator(what).evaluate(
    async (element, [step, length]) => {
      const end = performance.now() + length;
      while (performance.now() < end) {
        element.scrollTop += step;
        await new Promise(requestAnimationFrame);
      }
    },
    [by, ms] as const,
  );
}
