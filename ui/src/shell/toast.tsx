// What happened, said in the corner for a few seconds, with a way back or on where there is one.

import { useSyncExternalStore } from "react";
import { sayError } from "../api/said";
import { Icon, type IconName } from "../parts/Icon";
import { Said } from "../parts/Said";

export interface Toast {
  text: string;
  icon?: IconName;
  action?: { label: string; run: () => void };
}

interface Shown extends Toast {
  id: number;
}

const STAYS_MS = 7000;
const MOST = 4;
const watchers = new Set<() => void>();
let shown: readonly Shown[] = [];
let last = 0;

function set(next: readonly Shown[]): void {
  shown = next;
  for (const watcher of watchers) watcher();
}

export function toast(one: Toast): void {
  last += 1;
  const id = last;
  set([...shown, { ...one, id }].slice(-MOST));
  setTimeout(() => dismiss(id), STAYS_MS);
}

/** Says what went wrong and, if the API knows it, what mends it. */
export function toastError(error: unknown): void {
  toast({ text: sayError(error), icon: "warn" });
}

function dismiss(id: number): void {
  if (shown.some((one) => one.id === id)) set(shown.filter((one) => one.id !== id));
}

export function Toasts() {
  const list = useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => shown,
  );
  return (
    <ol className="toasts" aria-live="polite" aria-label="Notices">
      {list.map((one) => (
        <li className="toast" key={one.id}>
          {one.icon && <Icon name={one.icon} />}
          <span>
            <Said text={one.text} />
          </span>
          {one.action && (
            <button
              type="button"
              className="btn btn-s"
              onClick={() => {
                one.action?.run();
                dismiss(one.id);
              }}
            >
              {one.action.label}
            </button>
          )}
          <button
            type="button"
            className="btn btn-s btn-icon btn-ghost"
            aria-label="Dismiss"
            onClick={() => dismiss(one.id)}
          >
            <Icon name="x" />
          </button>
        </li>
      ))}
    </ol>
  );
}
