// What is selected, and how the flow is looked at.

import { focusWork } from "../focus";
import { withNote } from "../layout";
import { type BuildAction, type BuildContext, selection } from "./context";

const onCanvas = ({ view }: BuildContext): string | null =>
  view.canvas ? null : "the list of steps has no places";

export const VIEW_ACTIONS: readonly BuildAction[] = [
  {
    id: "select-all",
    group: "Selection",
    label: () => "Select all",
    keys: "Mod A",
    unable: () => null,
    run: ({ editor }) => {
      const { graph } = editor.snapshot();
      editor.select(graph?.nodes.filter((node) => node.parent === null).map((node) => node.path) ?? []);
    },
  },
  {
    id: "select-none",
    group: "Selection",
    label: () => "Select nothing",
    keys: "Escape",
    unable: ({ editor, view }) => {
      const { edge, note } = view.state();
      return editor.snapshot().selection.length > 0 || edge || note !== null ? null : "nothing is selected";
    },
    run: ({ editor, view }) => {
      view.set({ edge: null, note: null });
      editor.select([]);
    },
  },
  {
    id: "tool",
    group: "Selection",
    label: ({ view }) => (view.state().tool === "select" ? "Drag to move the canvas" : "Drag to select"),
    keys: "V",
    where: "canvas",
    icon: "marquee",
    unable: onCanvas,
    run: ({ view }) => view.set({ tool: view.state().tool === "select" ? "move" : "select" }),
  },
  {
    id: "find",
    group: "View",
    label: () => "Find a task",
    keys: "/",
    icon: "search",
    unable: () => null,
    run: () => document.querySelector<HTMLElement>("[data-find=build]")?.focus(),
  },
  {
    id: "fit",
    group: "View",
    label: () => "Zoom to fit",
    keys: "F",
    where: "canvas",
    icon: "fit",
    unable: onCanvas,
    run: ({ view }) => view.canvas?.fit(),
  },
  {
    id: "zoom-in",
    group: "View",
    label: () => "Zoom in",
    keys: "+",
    more: ["="],
    where: "canvas",
    icon: "plus",
    unable: onCanvas,
    run: ({ view }) => view.canvas?.zoom(1.25),
  },
  {
    id: "zoom-out",
    group: "View",
    label: () => "Zoom out",
    keys: "-",
    where: "canvas",
    icon: "minus",
    unable: onCanvas,
    run: ({ view }) => view.canvas?.zoom(0.8),
  },
  {
    id: "lay-out",
    group: "View",
    label: (context) => (selection(context).length > 1 ? "Lay out the selected tasks" : "Lay out all tasks"),
    keys: "L",
    where: "canvas",
    icon: "layout",
    unable: onCanvas,
    run: (context) => {
      const paths = selection(context);
      context.view.canvas?.layOut(paths.length > 1 ? paths : null);
    },
  },
  {
    id: "note",
    group: "View",
    label: () => "Add a note",
    keys: "Shift N",
    where: "canvas",
    icon: "note",
    unable: onCanvas,
    run: ({ editor, view }) => {
      const { x, y } = view.canvas?.middle() ?? { x: 0, y: 0 };
      const id = crypto.randomUUID();
      editor.arrange((layout) => withNote(layout, { id, x, y, width: 180, height: 72, text: "" }));
      editor.select([]);
      view.set({ note: id, renaming: id, edge: null });
    },
  },
  {
    id: "list",
    group: "View",
    label: ({ view }) => (view.state().shows === "list" ? "Show the canvas" : "Show the list of steps"),
    keys: "Shift L",
    icon: "list",
    unable: () => null,
    run: ({ view }) => {
      view.set({ shows: view.state().shows === "list" ? "graph" : "list" });
      // What had the focus is gone with what was shown.
      requestAnimationFrame(focusWork);
    },
  },
  {
    id: "next-part",
    group: "View",
    label: () => "Go to the next part",
    keys: "F6",
    where: "page",
    unable: () => null,
    run: ({ goToPart }) => goToPart(1),
  },
  {
    id: "part-before",
    group: "View",
    label: () => "Go to the part before",
    keys: "Shift F6",
    where: "page",
    unable: () => null,
    run: ({ goToPart }) => goToPart(-1),
  },
];
