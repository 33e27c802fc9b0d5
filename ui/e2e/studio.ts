// A real `tidemill serve` on a home and a workspace of its own, with real runs, and a real browser on it.

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from "playwright-core";

const call = promisify(execFile);

/** The built program, and the examples; `cargo xtask` says both. */
const PROGRAM = resolve(process.env.TIDEMILL ?? "../target/debug/tidemill");
const EXAMPLES = resolve(process.env.TIDEMILL_EXAMPLES ?? "../examples");

const CHROMIUM = process.env.TIDEMILL_CHROMIUM ?? "/usr/bin/chromium";
const SWITCHES = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export type Theme = "light" | "dark";

export class Studio {
  readonly folder: string;
  /** the address, without the token */
  readonly address: string;
  /** the address that opens the studio once, token and all */
  readonly opening: string;
  #server: ChildProcess;

  private constructor(folder: string, opening: string, server: ChildProcess) {
    this.folder = folder;
    this.opening = opening;
    this.address = new URL(opening).origin;
    this.#server = server;
  }

  /** Serves the examples; `before` may run flows of theirs first, so that there is something to see. */
  static async start(before: (studio: Prepared) => Promise<void> = async () => {}): Promise<Studio> {
    const folder = await mkdtemp(join(tmpdir(), "tidemill-studio-"));
    await cp(EXAMPLES, join(folder, "work"), { recursive: true });
    await before(new Prepared(folder));
    const [server, opening] = await served(folder, "127.0.0.1:0");
    return new Studio(folder, opening, server);
  }

  /** A call of the program beside the server, which the caller ends. */
  spawn(...words: string[]): ChildProcess {
    return spawn(PROGRAM, words, {
      cwd: join(this.folder, "work"),
      env: environment(this.folder),
      stdio: "ignore",
    });
  }

  /** Ends the server; the home stays. */
  async pause(): Promise<void> {
    const ended = new Promise((done) => this.#server.once("exit", done));
    this.#server.kill("SIGTERM");
    await ended;
  }

  /** Serves again at the same address. */
  async resume(): Promise<void> {
    [this.#server] = await served(this.folder, new URL(this.address).host);
  }

  async stop(): Promise<void> {
    await this.pause();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Starts `tidemill serve`, and waits for the address that it prints. */
async function served(folder: string, address: string): Promise<[ChildProcess, string]> {
  const server = spawn(PROGRAM, ["serve", "--listen", address, "--grace", "0s"], {
    cwd: join(folder, "work"),
    env: environment(folder),
    stdio: ["ignore", "pipe", "ignore"],
  });
  const lines = createInterface({ input: server.stdout });
  for await (const line of lines) return [server, line];
  throw new Error("tidemill serve ended without an address");
}

/** A home and a workspace before they are served. */
export class Prepared {
  readonly folder: string;
  constructor(folder: string) {
    this.folder = folder;
  }

  /** Leaves nothing in the workspace. */
  async clear(): Promise<void> {
    await rm(join(this.folder, "work"), { recursive: true });
    await mkdir(join(this.folder, "work"));
  }

  /** Writes a flow file into the workspace. */
  async flow(name: string, text: string): Promise<void> {
    await writeFile(join(this.folder, "work", `${name}.flow.yaml`), text);
  }

  /** Calls the program to its end; that a run fails is no failure here. */
  async call(...words: string[]): Promise<string> {
    try {
      const { stdout } = await call(PROGRAM, words, {
        cwd: join(this.folder, "work"),
        env: environment(this.folder),
      });
      return stdout;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === 1) return "";
      throw error;
    }
  }
}

function environment(folder: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    TIDEMILL_HOME: join(folder, "home"),
    TIDEMILL_WORKSPACE: join(folder, "work"),
    NO_COLOR: "1",
  };
}

export async function browser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: SWITCHES });
}

/** A browser's own session that has shown the token; `trouble` collects what its pages complain of. */
export async function session(
  on: Browser,
  studio: Studio,
  theme: Theme = "light",
  options: BrowserContextOptions = {},
): Promise<{ context: BrowserContext; page: Page; trouble: string[] }> {
  const context = await on.newContext({
    viewport: { width: 1440, height: 900 },
    colorScheme: theme,
    reducedMotion: "reduce",
    ...options,
  });
  const page = await context.newPage();
  const trouble: string[] = [];
  page.on("pageerror", (error) => trouble.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") trouble.push(message.text());
  });
  await page.goto(studio.opening);
  return { context, page, trouble };
}

/** Waits until the page shows what it asked for. (Its stream of events never ends, so the network is never idle.) */
export async function settled(page: Page): Promise<void> {
  await page.locator("main h1, header h1").first().waitFor();
  await page.waitForFunction(() => document.querySelector("[aria-busy=true]") === null);
  await page.evaluate(() => document.fonts.ready);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}
