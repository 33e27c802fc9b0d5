// What actions work with, and the keys, the palette and the clipboard that lead to them.

import { useNavigate } from "@tanstack/react-router";
import { useEffect, useMemo } from "react";
import { usePageCommands } from "../palette/commands";
import { useShortcuts } from "../shell/shortcuts";
import { ACTIONS, type BuildAction, type BuildContext } from "./actions";
import { foreign } from "./actions/context";
import { copied, cut } from "./actions/edit";
import { useEditor } from "./context";
import { paste } from "./edits";
import { useBuildView } from "./view";

export function useBuildContext(): BuildContext {
  const editor = useEditor();
  const view = useBuildView();
  const navigate = useNavigate();
  return useMemo(
    () => ({
      editor,
      view,
      openFlow: (flow) => void navigate({ to: "/flows/$flow", params: { flow } }),
      goToPart,
      clipboard: {
        write: (text) =>
          void navigator.clipboard
            .writeText(text)
            .catch(() => view.set({ said: "the clipboard cannot be written; the key can: Ctrl C" })),
        read: (then) =>
          void navigator.clipboard
            .readText()
            .then(then)
            .catch(() => view.set({ said: "the clipboard cannot be read from a menu; the key can: Ctrl V" })),
      },
    }),
    [editor, view, navigate],
  );
}

/** Does the action, or says why it cannot be done. */
export function attemptAction(action: BuildAction, context: BuildContext): void {
  const unable = action.unable(context);
  if (unable === null) {
    context.view.set({ said: null });
    action.run(context);
  } else if (unable !== false) context.view.set({ said: unable });
}

const IN_WORK = "[data-work]";
const ON_CANVAS = "[data-work=canvas]";

function holdsAt({ where = "work" }: BuildAction): (target: EventTarget | null) => boolean {
  if (where === "page") return () => true;
  if (where === "event") return () => false;
  const place = where === "canvas" ? ON_CANVAS : IN_WORK;
  return (target) => target instanceof Element && target.closest(place) !== null;
}

/** Keys and palette. */
export function useActions(context: BuildContext): void {
  useShortcuts(
    ACTIONS.flatMap((action) =>
      [action.keys, ...(action.more ?? [])].flatMap((keys) =>
        keys === undefined
          ? []
          : [
              {
                group: action.group,
                keys,
                says: action.label(context),
                here: holdsAt(action),
                run: () => attemptAction(action, context),
                // From a field too, since that is where a person without a mouse would be held.
                inFields: action.where === "page",
              },
            ],
      ),
    ),
  );
  usePageCommands(() =>
    ACTIONS.flatMap((action) => {
      if (action.unable(context) !== null) return [];
      const { id, icon, keys } = action;
      return [
        {
          id,
          title: action.label(context),
          run: () => attemptAction(action, context),
          ...(icon === undefined ? {} : { icon }),
          ...(keys === undefined ? {} : { keys }),
        },
      ];
    }),
  );
}

/** The clipboard's own keys, while the canvas or its list has the focus. */
export function useClipboard(context: BuildContext): void {
  useEffect(() => {
    const isHere = () => {
      const focused = document.activeElement;
      return focused?.matches(IN_WORK) === true && !window.getSelection()?.toString();
    };
    const copy = (event: ClipboardEvent) => {
      const { selection } = context.editor.snapshot();
      if (!isHere() || !event.clipboardData || selection.length === 0) return;
      const why = foreign(context);
      if (why !== null) {
        context.view.set({ said: why });
        return;
      }
      event.clipboardData.setData("text/plain", copied(context));
      event.preventDefault();
      if (event.type === "cut") cut(context);
    };
    const put = (event: ClipboardEvent) => {
      const text = event.clipboardData?.getData("text/plain");
      if (!isHere() || !text) return;
      event.preventDefault();
      paste(context.editor, text);
    };
    document.addEventListener("copy", copy);
    document.addEventListener("cut", copy);
    document.addEventListener("paste", put);
    return () => {
      document.removeEventListener("copy", copy);
      document.removeEventListener("cut", copy);
      document.removeEventListener("paste", put);
    };
  }, [context]);
}

/** The parts of the tab in the order in which F6 goes through them. */
const PARTS = [
  "[data-part=guide]",
  ".text-editor .cm-content",
  "[data-work]",
  "[data-part=inspector]",
  "[data-part=problems]",
];
const FOCUSABLE = "input, button, select, textarea, a[href], [tabindex='0']";

function goToPart(by: 1 | -1): void {
  const parts = PARTS.flatMap((selector) => document.querySelector<HTMLElement>(selector) ?? []);
  const at = parts.findIndex((part) => part.contains(document.activeElement));
  const next = parts.at((at < 0 && by < 0 ? 0 : at + by) % parts.length);
  if (!next) return;
  const inside = next.tabIndex >= 0 ? next : next.querySelector<HTMLElement>(FOCUSABLE);
  (inside ?? next).focus();
}
