// What there is to say of the last edit: why it was not made, or what of it a person should look at.

import type { Note, Refusal, Span } from "../edit/draft";
import { Icon } from "../parts/Icon";
import { Said } from "../parts/Said";
import { useEdited, useEditor } from "./context";
import { useBuildView, useViewed } from "./view";

export function SaidBar({ onShow }: { onShow: (line: number, column: number) => void }) {
  const editor = useEditor();
  const view = useBuildView();
  const ofEdit = useEdited((snapshot) => snapshot.said);
  const text = useEdited((snapshot) => snapshot.document.text);
  const ofView = useViewed((state) => state.said);
  const said = ofView ?? (ofEdit ? wordsOf(ofEdit) : null);
  if (said === null) return null;
  const place = ofView === null && ofEdit ? placeOf(ofEdit) : null;
  return (
    <div className="build-said" role="status">
      <Icon name="info" />
      <span>
        <Said text={said} />
      </span>
      {place && (
        <button
          type="button"
          className="btn btn-s"
          onClick={() => {
            const before = text.slice(0, place.from);
            onShow(before.split("\n").length, before.length - before.lastIndexOf("\n"));
          }}
        >
          Show
        </button>
      )}
      <button
        type="button"
        className="btn btn-s btn-icon btn-ghost"
        aria-label="Dismiss"
        onClick={() => {
          editor.heard();
          view.set({ said: null });
        }}
      >
        <Icon name="x" />
      </button>
    </div>
  );
}

function placeOf(said: Refusal | readonly Note[]): Span | null {
  const place = "refused" in said ? said.at[0] : said.find((note) => note.kind !== "dropped-need");
  return place ?? null;
}

function wordsOf(said: Refusal | readonly Note[]): string {
  if ("refused" in said) return `Not done: ${said.message}`;
  const lines = said.map(({ kind, task, name }) => {
    const where = task === null ? "the flow" : `\`${task.join("/")}\``;
    if (kind === "dropped-need")
      return `${where} does not wait for \`${name}\` any more: no such task is here`;
    return `${kind === "code" ? "code" : "an expression"} of ${where} still names \`${name}\``;
  });
  const rest = lines.length > 2 ? `; and ${lines.length - 2} more` : "";
  return `${lines.slice(0, 2).join("; ")}${rest}`;
}
