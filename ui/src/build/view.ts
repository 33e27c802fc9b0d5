// How the flow is looked at while it is edited: what is open, what is being named, which edge is chosen. Nothing
// of it belongs to the flow.

import { createContext, useContext, useSyncExternalStore } from "react";
import type { Graph } from "../api/types";
import type { Outcome } from "../edit/tasks";
import type { Position } from "./layout";

/** An edge by the paths of its ends. */
export interface EdgeRef {
  readonly from: string;
  readonly to: string;
  readonly on: Outcome;
  readonly implied: boolean;
}

/** A task that is about to be added. */
export interface Adding {
  /** the task that it is to wait for, and on what outcome */
  readonly from: { readonly path: string; readonly on: Outcome } | null;
  /** where on the canvas; `null`: where there is room */
  readonly at: Position | null;
  /** the group that it is to stand in; without: beside what it waits for, or what is selected */
  readonly group?: string;
}

/** A place in the window. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface ViewState {
  readonly shows: "graph" | "list";
  /** the flow with what of other flows is drawn in it; `null`: nothing is drawn */
  readonly drawn: Graph | null;
  readonly sides: "text" | "both" | "canvas";
  /** what dragging over empty ground does */
  readonly tool: "move" | "select";
  /** the path of the task, or the note, whose name or text is being written */
  readonly renaming: string | null;
  readonly adding: Adding | null;
  /** the task from which an edge is drawn by keyboard */
  readonly connecting: string | null;
  /** the task whose edges are listed */
  readonly edgesOf: string | null;
  readonly edge: EdgeRef | null;
  readonly note: string | null;
  /** where the menu is open */
  readonly menu: (Point & { readonly of: "task" | "called" | "edge" | "ground" }) | null;
  readonly sought: string;
  /** why what was asked for was not done */
  readonly said: string | null;
}

/** What the canvas does when it is asked; the list shows no places. */
export interface CanvasHandle {
  /** shows the flow as it is opened: all of it, or its first tasks where all would be too small */
  begin(): void;
  fit(): void;
  zoom(by: number): void;
  /** brings a task into view */
  reveal(path: string): void;
  /** the middle of what is in view */
  middle(): Position;
  /** lays out all tasks, or these */
  layOut(paths: readonly string[] | null): void;
  focus(): void;
}

const START: ViewState = {
  shows: "graph",
  drawn: null,
  sides: "both",
  tool: "move",
  renaming: null,
  adding: null,
  connecting: null,
  edgesOf: null,
  edge: null,
  note: null,
  menu: null,
  sought: "",
  said: null,
};

export class BuildView {
  canvas: CanvasHandle | null = null;
  private current = START;
  private readonly listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly state = (): ViewState => this.current;

  /** The canvas is there, or is not any more. */
  attach(canvas: CanvasHandle | null): void {
    this.canvas = canvas;
    this.tell();
  }

  set(change: Partial<ViewState>): void {
    const keys = Object.keys(change) as (keyof ViewState)[];
    if (keys.every((key) => this.current[key] === change[key])) return;
    this.current = { ...this.current, ...change };
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

export const ViewContext = createContext<BuildView | null>(null);

export function useBuildView(): BuildView {
  const view = useContext(ViewContext);
  if (!view) throw new Error("no flow is being edited around this");
  return view;
}

/** A part of how the flow is looked at; drawn again when that part is another one. */
export function useViewed<T>(part: (state: ViewState) => T): T {
  const view = useBuildView();
  return useSyncExternalStore(view.subscribe, () => part(view.state()));
}
