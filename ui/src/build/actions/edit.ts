// Undoing, the clipboard, and what is done to whatever is selected.

import { copyTasks } from "../../edit/clipboard";
import { pathOf } from "../editor";
import { disconnect, duplicate, paste, removeSelected } from "../edits";
import { withoutNote } from "../layout";
import { type BuildAction, type BuildContext, locked, needsTasks, selection } from "./context";

/** The selected tasks as YAML. */
export function copied(context: BuildContext): string {
  return copyTasks(context.editor.snapshot().document, selection(context).map(pathOf));
}

export function cut(context: BuildContext): void {
  removeSelected(context.editor);
}

function remove(context: BuildContext): void {
  const { editor, view } = context;
  const { edge, note } = view.state();
  if (note !== null) editor.arrange((layout) => withoutNote(layout, note));
  else if (edge) disconnect(editor, edge.from, edge.to);
  else removeSelected(editor);
  view.set({ note: null, ...(edge?.implied ? {} : { edge: null }) });
}

export const EDIT_ACTIONS: readonly BuildAction[] = [
  {
    id: "undo",
    group: "Edit",
    label: () => "Undo",
    keys: "Mod Z",
    where: "page",
    icon: "undo",
    unable: ({ editor }) => (editor.snapshot().canUndo ? null : "nothing has been done"),
    run: ({ editor }) => editor.undo(),
  },
  {
    id: "redo",
    group: "Edit",
    label: () => "Redo",
    keys: "Mod Shift Z",
    more: ["Mod Y"],
    where: "page",
    icon: "redo",
    unable: ({ editor }) => (editor.snapshot().canRedo ? null : "nothing has been undone"),
    run: ({ editor }) => editor.redo(),
  },
  {
    id: "cut",
    group: "Edit",
    label: () => "Cut",
    keys: "Mod X",
    where: "event",
    unable: needsTasks,
    run: (context) => {
      context.clipboard.write(copied(context));
      cut(context);
    },
  },
  {
    id: "copy",
    group: "Edit",
    label: () => "Copy as YAML",
    keys: "Mod C",
    where: "event",
    icon: "copy",
    unable: needsTasks,
    run: (context) => context.clipboard.write(copied(context)),
  },
  {
    id: "paste",
    group: "Edit",
    label: () => "Paste",
    keys: "Mod V",
    where: "event",
    unable: locked,
    run: ({ clipboard, editor }) => clipboard.read((text) => paste(editor, text)),
  },
  {
    id: "duplicate",
    group: "Edit",
    label: () => "Duplicate",
    keys: "Mod D",
    unable: needsTasks,
    run: ({ editor }) => duplicate(editor),
  },
  {
    id: "delete",
    group: "Edit",
    label: ({ view }) => {
      const { edge, note } = view.state();
      return note !== null ? "Delete the note" : edge ? "Delete the edge" : "Delete";
    },
    keys: "Delete",
    more: ["Backspace"],
    icon: "trash",
    unable: (context) => {
      const { edge, note } = context.view.state();
      if (note !== null) return null;
      return edge ? locked(context) : needsTasks(context);
    },
    run: remove,
  },
];
