// The one live store. It follows the stream of committed transitions, hands them on in batches at most ten
// times a second, and says which cached answers they make old. Nothing in the interface asks on a timer.

import type { QueryClient } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import { type LinkState, type Message, subscribe } from "../platform";
import type { Move } from "./types";

/** The shortest time between two batches: ten a second. */
const BATCH_MS = 100;
/** Answers that are made of many runs are asked for anew at most this often. */
const ANEW_MS = 1000;

type Listener = (moves: Move[]) => void;

export class Live {
  #client: QueryClient;
  #link: LinkState = { is: "connecting" };
  #watchers = new Set<() => void>();
  #listeners = new Set<{ moves: Listener; gap: (() => void) | undefined }>();
  #waiting: Move[] = [];
  #batch: ReturnType<typeof setTimeout> | undefined;
  #anew = new Map<string, { timer: ReturnType<typeof setTimeout> | undefined; last: number }>();
  #close: (() => void) | null = null;

  constructor(client: QueryClient) {
    this.#client = client;
  }

  start(): void {
    this.#close ??= subscribe(
      "/events",
      (message) => this.take(message),
      (link) => this.#stand(link),
    );
  }

  stop(): void {
    this.#close?.();
    this.#close = null;
    clearTimeout(this.#batch);
    for (const { timer } of this.#anew.values()) clearTimeout(timer);
    this.#anew.clear();
  }

  /** Every batch of moves, of all runs, in order; `gap` is called where some may be missing. */
  listen(moves: Listener, gap?: () => void): () => void {
    const listener = { moves, gap };
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  readonly link = (): LinkState => this.#link;

  /** One message of the stream. */
  take(message: Message): void {
    if (message.event === "transitions") {
      const { moves } = JSON.parse(message.data) as { moves: Move[] };
      this.#waiting.push(...moves);
      this.#batch ??= setTimeout(() => this.#hand(), BATCH_MS);
    } else if (message.event === "file") {
      const { flow } = JSON.parse(message.data) as { flow: string };
      this.#old(["flow", flow]);
      this.#old(["flows"]);
      this.#old(["overview"]);
    } else if (message.event === "missed") {
      this.#gap();
    }
  }

  #hand(): void {
    this.#batch = undefined;
    const moves = this.#waiting;
    this.#waiting = [];
    for (const listener of this.#listeners) listener.moves(moves);
    const runs = new Map(moves.map((move) => [move.run, move.flow]));
    for (const run of runs.keys()) this.#old(["run", run]);
    if (moves.some((move) => move.number === 0)) {
      for (const flow of new Set(runs.values())) this.#old(["flow", flow]);
      this.#old(["histogram"]);
      this.#old(["flows"]);
    }
    this.#old(["overview"]);
  }

  /** What is on the screen may be of any age, so all of it is asked for anew. */
  #gap(): void {
    void this.#anewAll({});
    for (const listener of this.#listeners) listener.gap?.();
  }

  /**
   * Asks anew for what is on the screen of these answers. One that is under way for the first time may have been
   * made before what is now known, and is not asked for twice at once: so it is asked for again when it is there.
   */
  async #anewAll(these: { queryKey?: string[] }): Promise<void> {
    const first = this.#client
      .getQueryCache()
      .findAll({ ...these, fetchStatus: "fetching" })
      .filter((query) => query.state.data === undefined);
    await this.#client.invalidateQueries(these);
    for (const { queryKey } of first) void this.#client.invalidateQueries({ queryKey, exact: true });
  }

  /** Marks answers as old, at once if the last time is long enough ago, else when it is. */
  #old(queryKey: string[]): void {
    const name = queryKey.join("/");
    const entry = this.#anew.get(name) ?? { timer: undefined, last: 0 };
    this.#anew.set(name, entry);
    if (entry.timer !== undefined) return;
    const wait = Math.max(0, entry.last + ANEW_MS - Date.now());
    entry.timer = setTimeout(() => {
      entry.timer = undefined;
      entry.last = Date.now();
      void this.#anewAll({ queryKey });
    }, wait);
  }

  #stand(link: LinkState): void {
    const before = this.#link;
    this.#link = link;
    // What happened while there was no stream is only in the answers.
    if (link.is === "open" && before.is === "waiting") this.#gap();
    for (const watcher of this.#watchers) watcher();
  }
}

export function useLink(live: Live): LinkState {
  return useSyncExternalStore(live.watch, live.link);
}

/** Calls `take` with every batch that has moves of this run. `take` must keep its identity. */
export function useMoves(live: Live, run: string, take: Listener): void {
  useEffect(
    () =>
      live.listen((moves) => {
        const own = moves.filter((move) => move.run === run);
        if (own.length > 0) take(own);
      }),
    [live, run, take],
  );
}
