// What the interface asks of whatever it stands in. Nothing outside this folder knows which it is.

import type { Message } from "./sse";

/** How a subscription stands. `waiting` has been without a stream since `since` and tries again by itself. */
export type LinkState =
  | { is: "connecting" }
  | { is: "open" }
  | { is: "waiting"; since: number; reason: string }
  | { is: "refused"; status: number };

/** What only the desktop app can do. */
export interface Desktop {
  /** whether the app starts at login */
  startsAtLogin(): Promise<boolean>;
  /** Turns it on or off; answers what is so then. */
  startAtLogin(on: boolean): Promise<boolean>;
  /** Quits the app, which asks first where something stops by it. */
  quit(): void;
}

export interface Host {
  /** where the page stands: in a browser, or in the desktop's window */
  readonly kind: "browser" | "desktop";
  /** One request to the API. `path` begins after `/api/v1`. Rejects only if no answer came at all. */
  request(path: string, init?: RequestInit): Promise<Response>;
  /** Follows a stream of events until the returned function is called, taking it up again wherever it broke. */
  subscribe(
    path: string,
    onMessage: (message: Message) => void,
    onState: (state: LinkState) => void,
  ): () => void;
  /** Called once, when the page stands: from then on it goes where the host's other parts lead it. */
  start(): void;
  /** null in a browser */
  readonly desktop: Desktop | null;
}
