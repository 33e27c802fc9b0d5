// What is selected, beside the canvas.

import { useEdited } from "../context";

export function Inspector({ flow }: { flow: string }) {
  const selected = useEdited((snapshot) => snapshot.selection.at(-1));
  return (
    <aside className="panel" aria-label="Inspector">
      <div className="panel-h">
        <code className="cut">{selected ?? flow}</code>
      </div>
    </aside>
  );
}
