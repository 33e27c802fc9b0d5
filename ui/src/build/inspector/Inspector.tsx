// What is selected, beside the canvas: a task, several, or with nothing selected the flow itself.

import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useMemo, useState } from "react";
import { innerPath, isOwn } from "../../graph/called";
import { written } from "../../shell/shortcuts";
import { Trouble } from "../../shell/Trouble";
import { useEdited, useEditor } from "../context";
import { Forms } from "../fields/form";
import { flowSchema } from "../schema";
import { CalledPanel } from "./CalledPanel";
import { FlowPanel } from "./FlowPanel";
import "./inspector.css";
import { SeveralPanel } from "./SeveralPanel";
import { TaskPanel, type TaskTab } from "./TaskPanel";

export function Inspector({ flow }: { flow: string }) {
  const editor = useEditor();
  const selection = useEdited((snapshot) => snapshot.selection);
  const schema = useQuery(flowSchema);
  const forms = useMemo(() => (schema.data ? new Forms(schema.data) : null), [schema.data]);
  const [tab, setTab] = useState<TaskTab>("task");
  const [only] = selection;

  /** A field has no history of its own: what is undone is the flow's. */
  const onKeyDown = (event: KeyboardEvent) => {
    const press = written(event);
    const isUndo = press === "Mod Z";
    if (!isUndo && press !== "Mod Shift Z" && press !== "Mod Y") return;
    event.preventDefault();
    event.stopPropagation();
    if (isUndo) editor.undo();
    else editor.redo();
  };
  return (
    <aside
      className="panel inspector"
      aria-label={
        selection.length > 1 ? "Tasks" : only === undefined ? `Flow ${flow}` : `Task ${innerPath(only)}`
      }
      onKeyDown={onKeyDown}
    >
      {forms === null ? (
        schema.error ? (
          <Trouble error={schema.error} />
        ) : (
          <p className="sect faint" aria-busy="true" />
        )
      ) : selection.length > 1 ? (
        <SeveralPanel paths={selection} />
      ) : only === undefined ? (
        <FlowPanel flow={flow} forms={forms} />
      ) : !isOwn(only) ? (
        <CalledPanel key={only} path={only} />
      ) : (
        <TaskPanel key={only} flow={flow} task={only} forms={forms} tab={tab} onTab={setTab} />
      )}
    </aside>
  );
}
