// The edges of a task as a list, to be changed without a pointer.

import { Dialog } from "radix-ui";
import type { GraphEdge, GraphNode } from "../api/types";
import type { Outcome } from "../edit/tasks";
import { DialogHead } from "../parts/DialogHead";
import { Icon } from "../parts/Icon";
import { OUTCOMES } from "./actions/task";
import { useEdited, useEditor } from "./context";
import { connect, disconnect, nameOf } from "./edits";
import { focusWork } from "./focus";
import { useBuildView, useViewed } from "./view";

export function EdgeDialog() {
  const path = useViewed((state) => state.edgesOf);
  const view = useBuildView();
  return (
    <Dialog.Root open={path !== null} onOpenChange={(open) => !open && view.set({ edgesOf: null })}>
      <Dialog.Portal>
        <Dialog.Overlay className="scrim">
          <Dialog.Content
            className="dialog dialog-s"
            aria-describedby={undefined}
            onCloseAutoFocus={(event) => {
              event.preventDefault();
              if (view.state().connecting === null) focusWork();
            }}
          >
            <DialogHead title={<>Edges of {path === null ? "" : nameOf(path)}</>} />
            {path !== null && <Edges path={path} />}
          </Dialog.Content>
        </Dialog.Overlay>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Edges({ path }: { path: string }) {
  const graph = useEdited((snapshot) => snapshot.graph);
  const view = useBuildView();
  const task = graph?.nodes.find((node) => node.path === path)?.task;
  const byTask = new Map(graph?.nodes.map((node) => [node.task, node]));
  const edges = graph?.edges.filter((edge) => edge.from === task || edge.to === task) ?? [];
  return (
    <>
      <div className="edge-list scroll">
        {edges.length === 0 && <p className="faint">It waits for nothing, and nothing waits for it.</p>}
        {edges.map((edge) => {
          const from = byTask.get(edge.from);
          const to = byTask.get(edge.to);
          return from && to ? (
            <EdgeRow key={`${edge.from} ${edge.to}`} edge={edge} from={from} to={to} />
          ) : null;
        })}
      </div>
      <div className="dialog-f">
        <button type="button" className="btn" onClick={() => view.set({ edgesOf: null, connecting: path })}>
          <Icon name="plus" />
          Connect to…
        </button>
      </div>
    </>
  );
}

function EdgeRow({ edge, from, to }: { edge: GraphEdge; from: GraphNode; to: GraphNode }) {
  const editor = useEditor();
  const said = `${from.name} to ${to.name}`;
  return (
    <div className="edge-row">
      <code className="cut">{from.name}</code>
      <Icon name="right" className="i-12" />
      <code className="cut">{to.name}</code>
      <span className="input">
        <select
          aria-label={`When the edge from ${said} opens`}
          value={edge.on}
          onChange={(event) => connect(editor, from.path, to.path, event.target.value as Outcome)}
        >
          {OUTCOMES.map(({ on, label }) => (
            <option key={on} value={on}>
              {label}
            </option>
          ))}
        </select>
        <Icon name="down" />
      </span>
      {edge.implied ? (
        <span className="faint small" title="It goes when the expression goes">
          read by an expression
        </span>
      ) : (
        <button
          type="button"
          className="btn btn-s btn-icon btn-ghost"
          aria-label={`Delete the edge from ${said}`}
          onClick={() => disconnect(editor, from.path, to.path)}
        >
          <Icon name="trash" />
        </button>
      )}
    </div>
  );
}
