// Where the keyboard goes when a dialog closes that no button of its own opens: back to where it was.

import { useRef } from "react";

/** Gives the dialog's `onCloseAutoFocus`. */
export function useFocusReturn(open: boolean): (event: Event) => void {
  const wasOpen = useRef(false);
  const from = useRef<Element | null>(null);
  // While it is drawn: nothing of the dialog has taken the focus yet.
  if (open && !wasOpen.current) from.current = document.activeElement;
  wasOpen.current = open;
  return (event) => {
    event.preventDefault();
    const there = from.current;
    if (there instanceof HTMLElement && there.isConnected && there !== document.body) there.focus();
    else if (document.activeElement === document.body) focusPage();
  };
}

/** To the page, where nothing on it is nearer. */
export function focusPage(): void {
  document.getElementById("main")?.focus({ preventScroll: true });
}

/** For a dialog that asks for something: its first field has the focus, not the cross. */
export function toFirstField(event: Event): void {
  if (!(event.currentTarget instanceof HTMLElement)) return;
  const field = event.currentTarget.querySelector<HTMLElement>("input, textarea, select");
  if (!field) return;
  event.preventDefault();
  field.focus();
}
