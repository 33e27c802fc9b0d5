// Where the keyboard is while a flow is edited.

/** Back to the canvas, or to the list of steps in its place. */
export function focusWork(): void {
  document.querySelector<HTMLElement>("[data-work]")?.focus({ preventScroll: true });
}
