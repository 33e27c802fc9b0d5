// The host is a browser: the API is on the same origin, and a cookie says who asks.

import type { Host, LinkState } from "./host";
import { type Message, MessageReader } from "./sse";

const BASE = "/api/v1";
const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;

async function request(path: string, init?: RequestInit): Promise<Response> {
  return fetch(BASE + path, { credentials: "same-origin", cache: "no-store", ...init });
}

function subscribe(
  path: string,
  onMessage: (message: Message) => void,
  onState: (state: LinkState) => void,
): () => void {
  const closing = new AbortController();
  let lastId: string | null = null;
  let brokenSince: number | null = null;
  let wait = FIRST_WAIT;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function follow(): Promise<void> {
    const headers: Record<string, string> = { accept: "text/event-stream" };
    if (lastId !== null) headers["last-event-id"] = lastId;
    const response = await request(path, { headers, signal: closing.signal });
    if (!response.ok || !response.body) throw new Refusal(response.status);
    onState({ is: "open" });
    brokenSince = null;
    wait = FIRST_WAIT;
    const reader = new MessageReader();
    const pieces = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await pieces.read();
      if (done) return;
      for (const message of reader.feed(value)) {
        if (message.id !== null) lastId = message.id;
        onMessage(message);
      }
    }
  }

  async function keep(): Promise<void> {
    let reason = "the stream ended";
    try {
      await follow();
    } catch (error) {
      // Who is not let in, or asks for what is not there, is not let in the second time either.
      if (error instanceof Refusal && error.status >= 400 && error.status < 500) {
        onState({ is: "refused", status: error.status });
        return;
      }
      reason = error instanceof Error ? error.message : String(error);
    }
    if (closing.signal.aborted) return;
    brokenSince ??= Date.now();
    onState({ is: "waiting", since: brokenSince, reason });
    timer = setTimeout(again, wait);
    wait = Math.min(wait * 2, LONGEST_WAIT);
  }

  function again(): void {
    timer = undefined;
    void keep();
  }

  // The network's return is news; the rest of the wait would be idle.
  function onOnline(): void {
    if (brokenSince === null || timer === undefined) return;
    clearTimeout(timer);
    wait = FIRST_WAIT;
    again();
  }

  onState({ is: "connecting" });
  globalThis.addEventListener("online", onOnline);
  void keep();
  return () => {
    globalThis.removeEventListener("online", onOnline);
    clearTimeout(timer);
    closing.abort();
  };
}

class Refusal extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`the server answered ${status}`);
    this.status = status;
  }
}

export const browser: Host = { kind: "browser", request, subscribe };
