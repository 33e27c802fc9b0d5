// A task's name while it is written, in its place.

import { ViewportPortal } from "@xyflow/react";
import { useEffect, useRef, useState } from "react";
import { isRefusal } from "../../edit/draft";
import type { Box } from "../../graph/place";
import type { Shape } from "../../graph/shape";
import { useEditor } from "../context";
import { nameOf, rename } from "../edits";
import { useBuildView, useViewed } from "../view";

interface CanvasProps {
  root: React.RefObject<HTMLDivElement | null>;
  shape: Shape;
  boxes: ReadonlyMap<number, Box>;
}

export function RenameOnCanvas({ root, shape, boxes }: CanvasProps) {
  const path = useViewed((state) => state.renaming);
  const node = path === null ? undefined : shape.nodes.find((one) => one.node.path === path);
  const box = node && boxes.get(node.id);
  if (path === null || !node || !box) return null;
  const isFrame = node.inner > 0 && !node.folded;
  return (
    <ViewportPortal>
      <div
        className="build-rename canvas-own"
        style={{
          left: box.x + (isFrame ? 26 : 28),
          top: box.y + (isFrame ? 2 : 4),
          width: isFrame ? overTitle(box.width, nameOf(path)) : box.width - 34,
        }}
      >
        <RenameField key={path} path={path} onDone={() => root.current?.focus()} />
      </div>
    </ViewportPortal>
  );
}

/** How wide the field is over a group's title: as long as the name, and room for a longer one. */
function overTitle(width: number, name: string): number {
  return Math.min(width - 34, Math.max(186, name.length * 9 + 40));
}

/** Enter takes the name, Escape leaves it, and so does a name that cannot be. */
export function RenameField({ path, onDone }: { path: string; onDone: () => void }) {
  const editor = useEditor();
  const view = useBuildView();
  const field = useRef<HTMLInputElement>(null);
  const [name, setName] = useState(nameOf(path));
  const [refused, setRefused] = useState(false);
  useEffect(() => {
    field.current?.focus();
    field.current?.select();
  }, []);
  const isDone = useRef(false);
  const leave = () => {
    isDone.current = true;
    view.set({ renaming: null });
    onDone();
  };
  const take = (byKey: boolean) => {
    // Leaving it takes the focus away, which would take the name again.
    if (isDone.current) return;
    if (name === nameOf(path) || !isRefusal(rename(editor, path, name))) leave();
    else if (byKey) {
      setRefused(true);
      field.current?.select();
    } else view.set({ renaming: null });
  };
  return (
    <input
      ref={field}
      className="mono"
      aria-label={`Name of ${nameOf(path)}`}
      aria-invalid={refused}
      spellCheck={false}
      value={name}
      onChange={(event) => {
        setName(event.target.value);
        setRefused(false);
      }}
      onBlur={() => take(false)}
      onKeyDown={(event) => {
        if (event.key === "Enter") take(true);
        else if (event.key === "Escape") leave();
        else if (event.key !== "Tab") return;
        event.preventDefault();
        event.stopPropagation();
      }}
    />
  );
}
