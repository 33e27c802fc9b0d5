// Two texts side by side, with what is the same folded away.

import { MergeView } from "@codemirror/merge";
import { EditorView } from "@codemirror/view";
import { useEffect, useRef } from "react";
import { readOnlyYaml } from "./codeMirror";

export function DiffView({ left, right, labels }: { left: string; right: string; labels: [string, string] }) {
  const root = useRef<HTMLDivElement>(null);
  const [leftLabel, rightLabel] = labels;
  useEffect(() => {
    if (!root.current) return;
    const side = (doc: string, label: string) => ({
      doc,
      extensions: [readOnlyYaml, EditorView.contentAttributes.of({ "aria-label": label })],
    });
    const view = new MergeView({
      parent: root.current,
      a: side(left, leftLabel),
      b: side(right, rightLabel),
      highlightChanges: true,
      gutter: true,
      collapseUnchanged: { margin: 3, minSize: 6 },
    });
    return () => view.destroy();
  }, [left, right, leftLabel, rightLabel]);
  return <div className="diff-view scroll" ref={root} />;
}
