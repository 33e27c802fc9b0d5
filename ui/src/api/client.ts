// Requests to the API: JSON in, JSON out, and one kind of error.

import { request } from "../platform";
import type { Problem } from "./types";

/** What the API said no with; `problem.hint` is the mend. */
export class ApiError extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail || problem.title);
    this.name = "ApiError";
    this.problem = problem;
  }
}

/** The API did not answer at all. */
export class Unreachable extends Error {
  constructor(cause: unknown) {
    super("the engine does not answer", { cause });
    this.name = "Unreachable";
  }
}

export type Query = Record<string, string | number | boolean | null | undefined | readonly string[]>;

/** `path?a=1&b=2`, lists as repeated names, what is null or undefined left out. */
export function withQuery(path: string, query?: Query): string {
  const written = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === null || value === undefined || value === "") continue;
    if (typeof value === "object") for (const one of value) written.append(name, one);
    else written.append(name, String(value));
  }
  const text = written.toString();
  return text ? `${path}?${text}` : path;
}

/** A path with its parts escaped: `` path`/flows/${name}/graph` ``. */
export function path(texts: TemplateStringsArray, ...parts: (string | number)[]): string {
  return texts.reduce((all, text, at) => all + encodeURIComponent(parts[at - 1] ?? "") + text);
}

export async function get<T>(from: string, query?: Query, signal?: AbortSignal): Promise<T> {
  return answer<T>(await ask(withQuery(from, query), signal ? { signal } : {}));
}

export async function getText(from: string): Promise<string> {
  const response = await ask(from, {});
  if (!response.ok) throw await refusal(response);
  return response.text();
}

export async function send<T>(
  method: "POST" | "PUT" | "DELETE",
  to: string,
  body?: unknown,
  headers: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<T> {
  const init: RequestInit = { method, headers, ...(signal ? { signal } : {}) };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { ...headers, "content-type": "application/json" };
  }
  return answer<T>(await ask(to, init));
}

async function ask(to: string, init: RequestInit): Promise<Response> {
  try {
    return await request(to, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new Unreachable(error);
  }
}

async function answer<T>(response: Response): Promise<T> {
  if (!response.ok) throw await refusal(response);
  const text = await response.text();
  return (text ? JSON.parse(text) : null) as T;
}

async function refusal(response: Response): Promise<ApiError> {
  const bare: Problem = {
    type: "about:blank",
    title: response.statusText || `status ${response.status}`,
    status: response.status,
    detail: "",
  };
  try {
    return new ApiError({ ...bare, ...((await response.json()) as Partial<Problem>) });
  } catch {
    // Not JSON: a proxy's or the browser's own answer. The status is what there is to say.
    return new ApiError(bare);
  }
}
