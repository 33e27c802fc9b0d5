// The host is a browser: the API is on the same origin, and a cookie says who asks.

import { followAgain, Refusal } from "./follow";
import type { Host, LinkState } from "./host";
import { type Message, MessageReader } from "./sse";

const BASE = "/api/v1";

async function request(path: string, init?: RequestInit): Promise<Response> {
  return fetch(BASE + path, { credentials: "same-origin", cache: "no-store", ...init });
}

async function follow(
  path: string,
  headers: Record<string, string>,
  onOpen: () => void,
  onMessage: (message: Message) => void,
  signal: AbortSignal,
): Promise<void> {
  const response = await request(path, { headers, signal });
  if (!response.ok || !response.body) throw new Refusal(response.status);
  onOpen();
  const reader = new MessageReader();
  const pieces = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await pieces.read();
    if (done) return;
    for (const message of reader.feed(value)) onMessage(message);
  }
}

function subscribe(
  path: string,
  onMessage: (message: Message) => void,
  onState: (state: LinkState) => void,
): () => void {
  return followAgain(follow, path, onMessage, onState);
}

export const browser: Host = { kind: "browser", request, subscribe, start: () => {}, desktop: null };
