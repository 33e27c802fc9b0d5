// The keyboard: one listener for the whole window, and the one list of keys that the sheet shows.

import { useEffect, useRef, useSyncExternalStore } from "react";

export interface Shortcut {
  /** `"J"`, `"Shift X"`, `"Mod K"` (Ctrl, on a Mac ⌘), or one after the other: `"G H"` */
  keys: string;
  /** what it does, in the sheet's words */
  says: string;
  group: string;
  run: () => void;
  /** also while a field has the focus */
  inFields?: boolean;
  /** where the key holds; everywhere, if nothing is said */
  here?: (target: EventTarget | null) => boolean;
}

const registered = new Set<readonly Shortcut[]>();
const watchers = new Set<() => void>();
let listed: readonly Shortcut[] = [];

function changed(): void {
  listed = [...registered].flat();
  for (const watcher of watchers) watcher();
}

/** Shortcuts that hold while the component is on the screen. The latest actions are always the ones that run. */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  const latest = useRef(shortcuts);
  latest.current = shortcuts;
  const names = shortcuts
    .map((one) => `${one.group}|${one.keys}|${one.says}|${one.inFields ?? false}`)
    .join("\n");
  useEffect(() => {
    const fixed =
      names === ""
        ? []
        : names.split("\n").map((name, at) =>
            held(
              name,
              () => latest.current[at]?.run(),
              (target) => latest.current[at]?.here?.(target) ?? true,
            ),
          );
    registered.add(fixed);
    changed();
    return () => {
      registered.delete(fixed);
      changed();
    };
  }, [names]);
}

function held(name: string, run: () => void, here: (target: EventTarget | null) => boolean): Shortcut {
  const [group = "", keys = "", says = "", inFields] = name.split("|");
  return { group, keys, says, inFields: inFields === "true", run, here };
}

export function useShortcutList(): readonly Shortcut[] {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => listed,
  );
}

/** How long the second key of a sequence may take. */
const SEQUENCE_MS = 1200;

/** A key press as the shortcuts write it: `"Mod K"`, `"Shift X"`, `"Enter"`. */
export function written(event: {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}): string {
  const key = event.key === " " ? "Space" : event.key.length === 1 ? event.key.toUpperCase() : event.key;
  const mod = event.ctrlKey || event.metaKey ? "Mod " : "";
  const alt = event.altKey ? "Alt " : "";
  // What Shift makes of a sign is the sign itself: `?` is not "Shift ?".
  const shift = event.shiftKey && (event.key.length > 1 || /[a-z ]/i.test(event.key)) ? "Shift " : "";
  return mod + alt + shift + key;
}

/** The last registered shortcut that fits: what is nearest to the person wins. */
export function fitting(
  list: readonly Shortcut[],
  press: string,
  before: string | null,
): Shortcut | undefined {
  const sequence = before === null ? undefined : list.findLast((one) => one.keys === `${before} ${press}`);
  return sequence ?? list.findLast((one) => one.keys === press);
}

function isField(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches("textarea, select, input:not([type=checkbox], [type=radio])"))
  );
}

/** Whether something lies over the page that has the keyboard: a dialog, a menu. */
export function isCovered(): boolean {
  return document.querySelector("[role=dialog], [role=alertdialog], [role=menu]") !== null;
}

function isPressed(target: EventTarget | null, press: string): boolean {
  return (
    (press === "Enter" || press === "Space") &&
    target instanceof HTMLElement &&
    target.closest("button, a, summary, [role=menuitem], [role=option]") !== null
  );
}

export function startShortcuts(): () => void {
  let before: { key: string; at: number } | null = null;
  function onKeyDown(event: KeyboardEvent): void {
    if (
      event.defaultPrevented ||
      event.isComposing ||
      ["Shift", "Control", "Alt", "Meta"].includes(event.key)
    )
      return;
    const press = written(event);
    const field = isField(event.target);
    const inDialog = isCovered();
    const usable = listed.filter(
      (one) => ((!field && !inDialog) || one.inFields === true) && (one.here?.(event.target) ?? true),
    );
    const first = before && Date.now() - before.at < SEQUENCE_MS ? before.key : null;
    before = null;
    const found = isPressed(event.target, press) ? undefined : fitting(usable, press, first);
    if (found) {
      event.preventDefault();
      found.run();
    } else if (usable.some((one) => one.keys.startsWith(`${press} `))) {
      before = { key: press, at: Date.now() };
    }
  }
  window.addEventListener("keydown", onKeyDown);
  return () => window.removeEventListener("keydown", onKeyDown);
}
