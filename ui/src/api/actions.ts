// What a person can do to flows and runs. Each answers when it is committed; the stream tells the rest.

import { path, send } from "./client";
import type { NewFlow, Run, Steered } from "./types";

/** `key` makes a second press of the same button the same run. */
export function startRun(flow: string, parameters: Record<string, unknown>, key: string): Promise<Run> {
  return send<Run>("POST", path`/flows/${flow}/runs`, { parameters }, { "idempotency-key": key });
}

/** A second press finds the flow that the first one wrote. */
export function newFlow(name: string, from: string): Promise<NewFlow> {
  return send<NewFlow>("POST", "/flows", { name, from });
}

export function cancelRun(run: string): Promise<Steered> {
  return send<Steered>("POST", path`/runs/${run}/cancel`, {});
}

export function retryRun(run: string, fromFailed: boolean): Promise<Run> {
  return send<Run>("POST", path`/runs/${run}/retry`, { from_failed: fromFailed });
}

export function approve(run: string, task: string | null, fields?: unknown): Promise<Steered> {
  return send<Steered>("POST", path`/runs/${run}/approve`, {
    task,
    ...(fields === undefined ? {} : { fields }),
  });
}

export function reject(run: string, task: string | null): Promise<Steered> {
  return send<Steered>("POST", path`/runs/${run}/reject`, { task });
}

export function removeRun(run: string): Promise<unknown> {
  return send<unknown>("DELETE", path`/runs/${run}`);
}
