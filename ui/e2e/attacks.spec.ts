// Names, descriptions, parameters, outputs, messages and lines of logs are somebody else's text. Whatever stands in
// them, it is shown as text: it runs nothing, becomes no element and does not leave its place.

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browser, Studio, session, settled } from "./studio";

const HOSTILE: readonly string[] = [
  "<script>window.owned = 1</script>",
  "<img src=x onerror='window.owned = 2'>",
  "<svg onload='window.owned = 3'><script>window.owned = 3</script></svg>",
  "<iframe srcdoc='<script>parent.owned = 4</script>'></iframe>",
  "</textarea></title></style><script>window.owned = 5</script>",
  "\"'><b onmouseover=window.owned=6>here</b>",
  "[press](javascript:window.owned=7) [me](data:text/html,<script>window.owned=7</script>)",
  '![picture](x" onerror="window.owned=8)',
  "<a href='javascript:window.owned=9' target=_top>press</a>",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a template that must not be one
  "{{ constructor.constructor('window.owned=10')() }} ${window.owned=10}",
  "\u001b]8;;javascript:window.owned=11\u0007press\u001b]8;;\u0007 \u001b[31mred\u001b[0m \u001b]0;title\u0007",
  "\u202egnp.exe\u202c \u2066over\u2069 \u0000 \u2028 \ufeff",
  "<style>* { display: none !important }</style><base href='https://example.invalid/'>",
  "<form action='javascript:window.owned=12'><input type=submit></form><meta http-equiv=refresh content=0>",
];

let studio: Studio;
let on: Browser;

/** A flow that holds every hostile text wherever text may stand, and one that fails with them. */
function hostileFlow(name: string, end: string): string {
  const text = HOSTILE.join("\n\n");
  const parameters = Object.fromEntries(HOSTILE.map((hostile, index) => [`p${index}`, hostile]));
  // JSON is YAML: nothing has to be quoted twice.
  return JSON.stringify({
    name,
    description: text.replaceAll("\u0000", ""),
    tags: HOSTILE.slice(0, 2),
    parameters: Object.fromEntries(
      Object.entries(parameters).map(([key, value]) => [
        key,
        { type: "string", title: value, description: value, default: value },
      ]),
    ),
    tasks: {
      say: {
        description: text,
        env: { TEXT: "{{ params | tojson }}" },
        python: {
          code: `import os, sys, json\nfor line in json.loads(os.environ["TEXT"]).values():\n    print(line)\n    print(line, file=sys.stderr)\nprint("x" * 300000)\nreturn list(json.loads(os.environ["TEXT"]).values())`,
        },
      },
      fail: { needs: ["say"], env: { TEXT: HOSTILE[1] }, shell: `printf '%s\\n' "$TEXT" >&2; ${end}` },
    },
    output: { all: "{{ params }}" },
  });
}

beforeAll(async () => {
  studio = await Studio.start(async (prepared) => {
    await prepared.flow("hostile", hostileFlow("hostile", "exit 0"));
    await prepared.flow("hostile-fails", hostileFlow("hostile-fails", "exit 1"));
    await prepared.flow(
      "hostile-broken",
      `name: hostile-broken\n${JSON.stringify(HOSTILE[1])}: 1\ntasks: {}\n`,
    );
    await prepared.call("run", "hostile", "--quiet");
    await prepared.call("run", "hostile", "--quiet");
    await prepared.call("run", "hostile-fails", "--quiet");
  });
  on = await browser();
});

afterAll(async () => {
  await on?.close();
  await studio?.stop();
});

/** What of the hostile texts has become more than text. */
async function escaped(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    if ("owned" in window) found.push(`a script ran: ${String(window.owned)}`);
    const forbidden =
      "script:not([src]), iframe, object, embed, base, meta[http-equiv], form[action], img[src='x']";
    for (const element of document.querySelectorAll(forbidden)) found.push(element.outerHTML);
    for (const element of document.querySelectorAll("*"))
      for (const { name, value } of element.attributes)
        if (
          /^on/i.test(name) ||
          (/^(href|src|action)$/i.test(name) && /^\s*(javascript|data:text)/i.test(value))
        )
          found.push(`${name}=${value}`);
    if (document.documentElement.scrollWidth > window.innerWidth)
      found.push("the page is wider than the window");
    if (document.title.includes("title\u0007")) found.push("the title was set");
    return found;
  });
}

const PLACES: readonly (readonly [string, string])[] = [
  ["home", "/"],
  ["the flows", "/flows"],
  ["a flow", "/flows/hostile"],
  ["a flow's runs", "/flows/hostile?tab=runs"],
  ["a flow's versions", "/flows/hostile?tab=versions"],
  ["a flow with mistakes", "/flows/hostile-broken"],
  ["the runs", "/runs"],
  ["runs with a hostile filter", `/runs?flow=${encodeURIComponent(HOSTILE[1] ?? "")}`],
  ["a run", "/runs/RUN"],
  ["a run that failed", "/runs/FAILED"],
  ["a comparison", "/runs/RUN/compare/FAILED"],
  ["activity", "/activity"],
  ["settings", "/settings"],
  ["nothing", `/${encodeURIComponent(HOSTILE[0] ?? "")}`],
];

describe("hostile text stays text", () => {
  it.each(PLACES)("in %s", async (_name, path) => {
    const { context, page, trouble } = await session(on, studio);
    const dialogs: string[] = [];
    page.on("dialog", (dialog) => {
      dialogs.push(dialog.message());
      void dialog.dismiss();
    });
    const [failed, run] = await Promise.all([newest(page, "hostile-fails"), newest(page, "hostile")]);
    await page.goto(studio.address + path.replace("RUN", run).replace("FAILED", failed));
    await settled(page);
    expect(await escaped(page)).toEqual([]);
    expect(dialogs).toEqual([]);
    expect(new URL(page.url()).origin).toBe(studio.address);
    expect(trouble.filter((line) => line.includes("Content Security Policy"))).toEqual([]);
    await context.close();
  });

  it("in what the palette finds", async () => {
    const { context, page } = await session(on, studio);
    await settled(page);
    await page.keyboard.press("Control+k");
    await page.keyboard.type("onerror");
    await page.getByRole("dialog").getByText("hostile").first().waitFor();
    expect(await escaped(page)).toEqual([]);
    await context.close();
  });
});

/** The id of a flow's newest run. */
async function newest(page: Page, flow: string): Promise<string> {
  const answer = await page.request.get(`${studio.address}/api/v1/runs?limit=1&flow=${flow}`);
  const { runs } = (await answer.json()) as { runs: { id: string }[] };
  const [run] = runs;
  if (!run) throw new Error(`no run of ${flow}`);
  return run.id;
}
