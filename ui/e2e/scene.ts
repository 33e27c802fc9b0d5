// A studio in which everything has happened that can happen to a run.

import type { Run } from "../src/api/types";
import { ASKS, CACHED, INGEST, NIGHTLY, SLOW, WRONG } from "./flows";
import { type Prepared, Studio, until } from "./studio";

export interface Scene {
  studio: Studio;
  /** a run for each way of standing */
  runs: {
    completed: Run;
    earlier: Run;
    branching: Run;
    failed: Run;
    mapped: Run;
    cached: Run;
    open: Run;
    cancelled: Run;
    crashed: Run;
    running: Run;
  };
}

export async function scene(): Promise<Scene> {
  let crashing = "";
  const studio = await Studio.start(async (prepared) => {
    await prepared.flows(NIGHTLY, INGEST, CACHED, ASKS, SLOW, WRONG);
    for (const flow of ["weather", "log-report", "backup", "release", "weather", "thumbnails", "thumbnails"])
      await prepared.call("run", flow, "--quiet");
    await prepared.call("run", "search", "--quiet", "-p", "neighbours=[1,5]");
    await prepared.call("run", "weather", "--quiet");
    await prepared.call("run", "ingest", "--quiet");
    await prepared.call("run", "nightly", "--quiet", "-p", "region=south");
    await prepared.call("vars", "set", "region", "north");
    await prepared.call("limits", "set", "warehouse", "2");
    crashing = await killed(prepared);
  });
  await studio.ask("/secrets/WAREHOUSE_TOKEN", "PUT", { value: "a-very-secret-value" });
  const open = await studio.run("asks");
  await studio.reached(open.id, "Paused");
  const ended = await studio.run("slow");
  await studio.reached(ended.id, "Running");
  await studio.ask(`/runs/${ended.id}/cancel`, "POST", {});
  const running = await studio.run("slow");
  const weather = await studio.ask<{ runs: Run[] }>("/runs?flow=weather&limit=2");
  const [completed, earlier] = weather.runs;
  if (!completed || !earlier) throw new Error("weather did not run twice");
  return {
    studio,
    runs: {
      completed,
      earlier,
      branching: await studio.newest("log-report"),
      failed: await studio.newest("nightly"),
      mapped: await studio.newest("ingest"),
      cached: await studio.newest("thumbnails"),
      open,
      cancelled: await studio.reached(ended.id, "Cancelled"),
      crashed: await studio.reached(crashing, "Crashed"),
      running: await studio.reached(running.id, "Running"),
    },
  };
}

/** A run whose process is killed in the middle, as a power cut does; its id. */
async function killed(prepared: Prepared): Promise<string> {
  const child = prepared.spawn("run", "slow", "--quiet");
  const id = await until("the run to be killed has begun", async () => {
    const text = await prepared.call("runs", "ls", "--json", "--flow", "slow", "--state", "running");
    const { runs } = JSON.parse(text) as { runs: Run[] };
    return runs[0]?.id ?? null;
  });
  const ended = new Promise((done) => child.once("exit", done));
  child.kill("SIGKILL");
  await ended;
  return id;
}
