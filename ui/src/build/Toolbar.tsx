// The canvas's toolbar: the actions that are used most, and what is looked for.

import { useStore } from "@xyflow/react";
import { Icon } from "../parts/Icon";
import { Keys } from "../shell/Keys";
import { actionOf, type BuildContext } from "./actions";
import { useEdited, useEditor } from "./context";
import { attemptAction } from "./useBuildContext";
import { useBuildView, useViewed } from "./view";

interface Props {
  context: BuildContext;
  /** paths of what is found, in the order of the file */
  found: readonly string[];
}

export function Toolbar({ context, found }: Props) {
  const shows = useViewed((state) => state.shows);
  const isGraph = shows === "graph";
  return (
    <div className="panel-h build-tools" role="toolbar" aria-label="Canvas">
      <Tool id="undo" context={context} />
      <Tool id="redo" context={context} />
      <span className="vsep" />
      <Add context={context} />
      {isGraph && <Tool id="note" context={context} />}
      <Tool id="group" context={context} />
      {isGraph && <Pressed id="tool" context={context} />}
      <span className="vsep" />
      {isGraph && <Tool id="lay-out" context={context} />}
      <Find found={found} />
      <span className="grow" />
      <Pressed id="list" context={context} />
      {isGraph && (
        <>
          <span className="vsep" />
          <Tool id="zoom-out" context={context} />
          <Zoom />
          <Tool id="zoom-in" context={context} />
          <Tool id="fit" context={context} />
        </>
      )}
    </div>
  );
}

/** Whether it can be done now; drawn again when that is otherwise. */
function useUnable(id: string, context: BuildContext): string | false | null {
  const action = actionOf(id);
  const byText = useEdited(() => action.unable(context));
  const byView = useViewed(() => action.unable(context));
  return byText ?? byView;
}

function Tool({ id, context }: { id: string; context: BuildContext }) {
  const action = actionOf(id);
  const unable = useUnable(id, context);
  const label = action.label(context);
  const keys = action.keys ? ` (${action.keys.replace("Mod", "Ctrl")})` : "";
  return (
    <button
      type="button"
      className="btn btn-s btn-icon btn-ghost"
      aria-label={label}
      title={`${label}${keys}`}
      disabled={unable !== null}
      onClick={() => attemptAction(action, context)}
    >
      <Icon name={action.icon ?? "ring"} />
    </button>
  );
}

/** One that is on or off. */
function Pressed({ id, context }: { id: "tool" | "list"; context: BuildContext }) {
  const action = actionOf(id);
  const isOn = useViewed((state) => (id === "tool" ? state.tool === "select" : state.shows === "list"));
  const label = id === "tool" ? "Drag to select" : "Step list";
  return (
    <button
      type="button"
      className="btn btn-s btn-icon btn-ghost"
      aria-label={label}
      aria-pressed={isOn}
      title={`${label} (${action.keys})`}
      onClick={() => attemptAction(action, context)}
    >
      <Icon name={action.icon ?? "ring"} />
    </button>
  );
}

function Add({ context }: { context: BuildContext }) {
  const action = actionOf("add");
  const unable = useUnable("add", context);
  return (
    <button
      type="button"
      className="btn btn-s btn-ghost"
      disabled={unable !== null}
      title={unable || undefined}
      onClick={() => attemptAction(action, context)}
    >
      <Icon name="plus" />
      Add task <Keys keys="Tab" />
    </button>
  );
}

function Zoom() {
  const percent = useStore((state) => Math.round(state.transform[2] * 100));
  return <span className="build-zoom small dim">{percent} %</span>;
}

function Find({ found }: { found: readonly string[] }) {
  const editor = useEditor();
  const view = useBuildView();
  const sought = useViewed((state) => state.sought);
  const selected = useEdited((snapshot) => snapshot.selection.at(-1) ?? null);
  const at = selected === null ? -1 : found.indexOf(selected);
  const step = (by: number) => {
    const next = found[(at + by + found.length) % found.length];
    if (next === undefined) return;
    editor.select([next]);
    view.canvas?.reveal(next);
  };
  return (
    <span className="input build-find">
      <Icon name="search" />
      <input
        type="search"
        data-find="build"
        placeholder="Find a task"
        aria-label="Find a task"
        value={sought}
        onChange={(event) => view.set({ sought: event.target.value })}
        onKeyDown={(event) => {
          if (event.key === "Enter" && found.length > 0) step(event.shiftKey ? -1 : 1);
          if (event.key !== "Escape") return;
          view.set({ sought: "" });
          document.querySelector<HTMLElement>("[data-work]")?.focus();
        }}
      />
      {sought !== "" && (
        <span className="faint" role="status">
          {found.length === 0 ? "none" : `${at + 1} of ${found.length}`}
        </span>
      )}
    </span>
  );
}
