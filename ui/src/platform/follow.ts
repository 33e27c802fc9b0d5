// Takes a stream up again wherever it broke, and says how it stands. How one stream is followed is the host's.

import type { LinkState } from "./host";
import type { Message } from "./sse";

const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;

/** The API said no: it says so the second time, too. */
export class Refusal extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`the server answered ${status}`);
    this.status = status;
  }
}

/** Follows one stream to its end; rejects where it breaks, with a `Refusal` where it is refused. */
export type Follow = (
  path: string,
  headers: Record<string, string>,
  onOpen: () => void,
  onMessage: (message: Message) => void,
  signal: AbortSignal,
) => Promise<void>;

/** Follows until the returned function is called. */
export function followAgain(
  follow: Follow,
  path: string,
  onMessage: (message: Message) => void,
  onState: (state: LinkState) => void,
): () => void {
  const closing = new AbortController();
  let lastId: string | null = null;
  let brokenSince: number | null = null;
  let wait = FIRST_WAIT;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function open(): void {
    onState({ is: "open" });
    brokenSince = null;
    wait = FIRST_WAIT;
  }

  function take(message: Message): void {
    if (message.id !== null) lastId = message.id;
    onMessage(message);
  }

  async function keep(): Promise<void> {
    let reason = "the stream ended";
    const headers: Record<string, string> = { accept: "text/event-stream" };
    if (lastId !== null) headers["last-event-id"] = lastId;
    try {
      await follow(path, headers, open, take, closing.signal);
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
