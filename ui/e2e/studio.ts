// A real `tidemill serve` on a home and a workspace of its own, with real runs.

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import type { Run, RunDetail, RunList } from "../src/api/types";

const call = promisify(execFile);

/** The built program, and the examples; `cargo xtask` says both. */
const PROGRAM = resolve(process.env.TIDEMILL_PROGRAM ?? "../target/debug/tidemill");
const EXAMPLES = resolve(process.env.TIDEMILL_EXAMPLES ?? "../examples");

/** Between two looks at what is waited for, and the longest wait. */
const LOOK_MS = 40;
const PATIENCE_MS = 30_000;

/** A home and a workspace before they are served. */
export class Prepared {
  readonly folder: string;
  constructor(folder: string) {
    this.folder = folder;
  }

  /** Writes a file into the workspace. */
  async write(name: string, text: string): Promise<void> {
    await writeFile(join(this.folder, "work", name), text);
  }

  /** Writes flow files; each is named as its flow. */
  async flows(...texts: readonly string[]): Promise<void> {
    for (const text of texts) {
      const name = /^\s*(?:\{\s*"name":\s*"|name:\s*)([a-z0-9_-]+)/.exec(text)?.[1];
      if (name === undefined) throw new Error(`a flow without a name: ${text.slice(0, 80)}`);
      await this.write(`${name}.flow.yaml`, text);
    }
  }

  /** Calls the program to its end; that a run fails is no failure here. */
  async call(...words: readonly string[]): Promise<string> {
    try {
      const { stdout } = await call(PROGRAM, words, this.#options());
      return stdout;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === 1) return "";
      throw error;
    }
  }

  /** A call of the program that goes on; who called it ends it. */
  spawn(...words: readonly string[]): ChildProcess {
    return spawn(PROGRAM, words, { ...this.#options(), stdio: "ignore" });
  }

  #options() {
    return { cwd: join(this.folder, "work"), env: environment(this.folder) };
  }
}

export class Studio extends Prepared {
  /** the address, without the token */
  readonly address: string;
  /** the address that opens the studio once, token and all */
  readonly opening: string;
  #token: string;
  #server: ChildProcess;

  private constructor(folder: string, opening: string, server: ChildProcess) {
    super(folder);
    const { origin, searchParams } = new URL(opening);
    this.opening = opening;
    this.address = origin;
    this.#token = searchParams.get("token") ?? "";
    this.#server = server;
  }

  /** Serves a workspace, made from the examples or empty; `before` fills it and may run flows first. */
  static async start(
    before: (prepared: Prepared) => Promise<void> = async () => {},
    from: "examples" | "nothing" | { folder: string } = "examples",
  ): Promise<Studio> {
    const folder = typeof from === "object" ? from.folder : await mkdtemp(join(tmpdir(), "tidemill-studio-"));
    const prepared = new Prepared(folder);
    if (from === "examples") await cp(EXAMPLES, join(folder, "work"), { recursive: true });
    else await mkdir(join(folder, "work"), { recursive: true });
    await before(prepared);
    const [server, opening] = await served(folder, "127.0.0.1:0");
    return new Studio(folder, opening, server);
  }

  /** Asks the API, as a program does. */
  async ask<T>(path: string, method = "GET", body?: unknown): Promise<T> {
    const response = await fetch(`${this.address}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    const text = await response.text();
    return (text === "" ? null : JSON.parse(text)) as T;
  }

  /** Starts a run that the server carries. */
  async run(flow: string, parameters: Record<string, unknown> = {}): Promise<Run> {
    return this.ask<Run>(`/flows/${flow}/runs`, "POST", { parameters });
  }

  /** The run once it is in one of these states. */
  async reached(run: string, ...states: readonly string[]): Promise<Run> {
    return until(`${run} is ${states.join(" or ")}`, async () => {
      const detail = await this.ask<RunDetail>(`/runs/${run}`);
      return states.includes(detail.run.state) ? detail.run : null;
    });
  }

  /** The newest run of a flow, once there is one. */
  async newest(flow: string): Promise<Run> {
    return until(`a run of ${flow}`, async () => {
      const { runs } = await this.ask<RunList>(`/runs?limit=1&flow=${flow}`);
      return runs[0] ?? null;
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

/** What `look` finds, as soon as it finds something. */
export async function until<T>(what: string, look: () => Promise<T | null>): Promise<T> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (Date.now() > end) throw new Error(`waited in vain until ${what}`);
    await new Promise((done) => setTimeout(done, LOOK_MS));
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

function environment(folder: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    TIDEMILL_HOME: join(folder, "home"),
    TIDEMILL_WORKSPACE: join(folder, "work"),
    NO_COLOR: "1",
  };
}
