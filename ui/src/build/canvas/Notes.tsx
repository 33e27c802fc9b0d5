// Notes on the canvas: text that belongs to nobody, beside the tasks.

import { ViewportPortal } from "@xyflow/react";
import { useEffect, useRef, useState } from "react";
import { Markdown } from "../../parts/Markdown";
import { useEdited, useEditor } from "../context";
import { type CanvasNote, withNote, withoutNote } from "../layout";
import { useBuildView, useViewed } from "../view";

export function Notes() {
  const notes = useEdited((snapshot) => snapshot.layout.notes);
  if (notes.length === 0) return null;
  return (
    <ViewportPortal>
      {notes.map((note) => (
        <NoteBox key={note.id} note={note} />
      ))}
    </ViewportPortal>
  );
}

function NoteBox({ note }: { note: CanvasNote }) {
  const isChosen = useViewed((state) => state.note === note.id);
  const isWritten = useViewed((state) => state.renaming === note.id);
  const { x, y, width, height, text } = note;
  return (
    <div
      data-note={note.id}
      className={`build-note nopan ${isChosen ? "is-selected" : ""} ${isWritten ? "canvas-own" : ""}`}
      style={{ left: x, top: y, width, minHeight: height }}
    >
      {isWritten ? <NoteField note={note} /> : <Markdown text={text} />}
      {isChosen && !isWritten && <span className="build-note-size" data-resize title="Drag to resize" />}
    </div>
  );
}

/** Escape and leaving it take the text; a note without text goes. */
function NoteField({ note }: { note: CanvasNote }) {
  const editor = useEditor();
  const view = useBuildView();
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(note.text);
  useEffect(() => field.current?.focus(), []);
  const take = () => {
    view.set({ renaming: null });
    if (text.trim() === "") editor.arrange((layout) => withoutNote(layout, note.id));
    else if (text !== note.text) editor.arrange((layout) => withNote(layout, { ...note, text }));
  };
  return (
    <textarea
      ref={field}
      aria-label="Text of the note"
      value={text}
      onChange={(event) => setText(event.target.value)}
      onBlur={take}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        view.canvas?.focus();
      }}
    />
  );
}
