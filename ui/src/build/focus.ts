// Where the keyboard is while a flow is edited.

/** Back to the canvas, or to the list of steps in its place. */
export function focusWork(): void {
  document.querySelector<HTMLElement>("[data-work]")?.focus({ preventScroll: true });
}

const FIELD = ":is(input, textarea, select, [contenteditable=true])";
const CONTROL = ":is(input, button, textarea, [tabindex])";

/** To what the selected task does, in the inspector; where its form is not shown, to the inspector. */
export function focusForm(): void {
  const field = document.querySelector<HTMLElement>(`[data-part=inspector] .fields ${FIELD}`);
  (field ?? document.querySelector<HTMLElement>(`[data-part=inspector] ${CONTROL}`))?.focus();
}
