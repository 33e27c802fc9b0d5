// Where the keyboard is while a flow is edited.

/** Back to the canvas, or to the list of steps in its place. */
export function focusWork(): void {
  document.querySelector<HTMLElement>("[data-work]")?.focus({ preventScroll: true });
}

/** Where something is typed or chosen, without what only says which field is shown. */
const EDITOR = ".cm-content, textarea, select, input:not([type=radio]), [role=switch]";

/** To what the selected task does; where its form has no field for that, to its name. */
export function focusInspector(): void {
  const inspector = document.querySelector<HTMLElement>("[data-part=inspector]");
  const kind = inspector?.querySelector<HTMLElement>("[data-main]");
  const main = kind?.querySelector(`[data-field="${CSS.escape(kind.dataset.main ?? "")}"]`);
  // On another tab than the first: to what stands there.
  const shown = kind ?? inspector?.querySelector("[role=tabpanel][data-state=active]");
  const target =
    editorIn(main) ??
    editorIn(shown) ??
    inspector?.querySelector<HTMLElement>(".name") ??
    inspector?.querySelector<HTMLElement>("button, [tabindex]");
  target?.focus();
}

function editorIn(place: Element | null | undefined): HTMLElement | null {
  return place?.querySelector<HTMLElement>(EDITOR) ?? null;
}
