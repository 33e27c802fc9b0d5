// The host is the desktop app: its process holds the API, and no port is open. Requests are commands with
// raw bytes, streams come over channels; `src-tauri/src/frame.rs` and `bridge.rs` are the other side.

import { Channel, invoke } from "@tauri-apps/api/core";
import { followAgain, Refusal } from "./follow";
import type { Desktop, Host, LinkState } from "./host";
import { type Message, MessageReader } from "./sse";

type HeaderList = [name: string, value: string][];

interface AnswerHead {
  status: number;
  headers: HeaderList;
}

/** What a followed stream says beside its bytes. */
type Said = { status: number } | { end: string | null };

const BODILESS = [204, 205, 304];

/** The app takes no more than this of a stream without a word that it arrived. */
const SAY_TAKEN = 64 << 10;

let lastStream = 0;

async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const { signal } = init;
  signal?.throwIfAborted();
  const asked = new Request("http://localhost/", { ...init, signal: null });
  const head = { method: asked.method, path, headers: [...asked.headers] };
  const answered = invoke<ArrayBuffer>("request", frame(head, await asked.arrayBuffer()));
  return unframe(await (signal ? orAborted(answered, signal) : answered));
}

/** What was asked for goes on in the app; here nobody waits for it any more. */
function orAborted<T>(answered: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    answered.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** The head's length, the head, the body. */
export function frame(head: unknown, body: ArrayBuffer): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(head));
  const bytes = new Uint8Array(4 + text.length + body.byteLength);
  new DataView(bytes.buffer).setUint32(0, text.length);
  bytes.set(text, 4);
  bytes.set(new Uint8Array(body), 4 + text.length);
  return bytes;
}

export function unframe(bytes: ArrayBuffer): Response {
  const length = new DataView(bytes).getUint32(0);
  const text = new TextDecoder().decode(new Uint8Array(bytes, 4, length));
  const { status, headers } = JSON.parse(text) as AnswerHead;
  const body = BODILESS.includes(status) ? null : bytes.slice(4 + length);
  return new Response(body, { status, headers });
}

/** Follows one stream until it ends; rejects where it breaks or is refused. */
function follow(
  path: string,
  headers: Record<string, string>,
  onOpen: () => void,
  onMessage: (message: Message) => void,
  signal: AbortSignal,
): Promise<void> {
  lastStream += 1;
  const id = lastStream;
  const reader = new MessageReader();
  const decoder = new TextDecoder();
  let untold = 0;
  return new Promise((resolve, reject) => {
    const channel = new Channel<ArrayBuffer | Said>();
    channel.onmessage = (piece) => {
      if (signal.aborted) return;
      if (piece instanceof ArrayBuffer) {
        for (const message of reader.feed(decoder.decode(piece, { stream: true }))) onMessage(message);
        untold += piece.byteLength;
        if (untold < SAY_TAKEN) return;
        void invoke("taken", { id, bytes: untold });
        untold = 0;
      } else if ("status" in piece) {
        if (piece.status < 300) onOpen();
        else reject(new Refusal(piece.status));
      } else if (piece.end === null) resolve();
      else reject(new Error(piece.end));
    };
    signal.addEventListener("abort", () => {
      void invoke("leave", { id });
      resolve();
    });
    const head = { method: "GET", path, headers: Object.entries(headers) };
    invoke("follow", { id, head, channel }).catch(reject);
  });
}

function subscribe(
  path: string,
  onMessage: (message: Message) => void,
  onState: (state: LinkState) => void,
): () => void {
  return followAgain(follow, path, onMessage, onState);
}

/** Where a link, a notification or the tray leads, the page goes, as if it had been gone to here. */
function start(): void {
  const channel = new Channel<string>();
  channel.onmessage = (path) => {
    history.pushState(null, "", path);
    dispatchEvent(new PopStateEvent("popstate"));
  };
  void invoke("arrivals", { channel });
}

/** Whether the page stands in the app's window. */
export function isDesktop(): boolean {
  return "__TAURI_INTERNALS__" in globalThis;
}

const desktop: Desktop = {
  startsAtLogin: () => invoke<boolean>("at_login"),
  // The app refuses with a text.
  startAtLogin: (on) =>
    invoke<boolean>("turn_at_login", { on }).catch((refusal: unknown) => {
      throw new Error(String(refusal));
    }),
  quit: () => void invoke("quit_app"),
};

export const tauri: Host = { kind: "desktop", request, subscribe, start, desktop };
