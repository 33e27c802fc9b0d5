// What a person can do to flows and runs. Each answers when it is committed; the stream tells the rest.

import { path, send, withQuery } from "./client";
import type { DeletedFlow, NewFlow, Pins, RenamedFlow, Run, SavedFlow, Steered, TryPart } from "./types";

/** `key` makes a second press of the same button the same run. */
export function startRun(flow: string, parameters: Record<string, unknown>, key: string): Promise<Run> {
  return send<Run>("POST", path`/flows/${flow}/runs`, { parameters }, { "idempotency-key": key });
}

/** Tries a part of a flow, as seen from a task, with the text as it is being edited. */
export function tryPart(
  flow: string,
  part: TryPart,
  task: string,
  text: string,
  parameters: Record<string, unknown>,
): Promise<Run> {
  return send<Run>("POST", path`/flows/${flow}/runs`, { parameters, try: { part, task, text } });
}

/** Pins an output of a task; without one, its newest. */
export function pinOutput(flow: string, task: string, output?: unknown): Promise<Pins> {
  return send<Pins>("PUT", path`/flows/${flow}/pins/${task}`, output === undefined ? {} : { output });
}

export function removePin(flow: string, task: string): Promise<Pins> {
  return send<Pins>("DELETE", path`/flows/${flow}/pins/${task}`);
}

/** A second press finds the flow that the first one wrote. */
export function newFlow(name: string, from: string): Promise<NewFlow> {
  return send<NewFlow>("POST", "/flows", { name, from });
}

/** Makes a flow of a text, which may be wrong; without a file, in one that is called after it. */
export function newFlowOf(name: string, text: string, file: string | null = null): Promise<SavedFlow> {
  return send<SavedFlow>("POST", path`/flows/${name}/text`, { text, file });
}

/** Refused where the file is not the version `base` any more. */
export function saveFlowText(flow: string, text: string, base: string): Promise<SavedFlow> {
  return send<SavedFlow>("PUT", path`/flows/${flow}/text`, { text, base });
}

export function renameFlow(flow: string, to: string): Promise<RenamedFlow> {
  return send<RenamedFlow>("POST", path`/flows/${flow}/rename`, { to });
}

export function duplicateFlow(flow: string, to: string): Promise<SavedFlow> {
  return send<SavedFlow>("POST", path`/flows/${flow}/duplicate`, { to });
}

/** `force`: also where other flows need it. */
export function removeFlow(flow: string, force: boolean): Promise<DeletedFlow> {
  return send<DeletedFlow>("DELETE", withQuery(path`/flows/${flow}`, { force }));
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
