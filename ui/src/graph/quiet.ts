// What the canvas library would do by itself and does not here: who draws a graph looks after selecting, moving,
// joining and the keys.

/** How far out a graph zooms. */
export const FARTHEST = 0.04;

export const QUIET = {
  nodesDraggable: false,
  nodesConnectable: false,
  nodesFocusable: false,
  edgesFocusable: false,
  elementsSelectable: false,
  disableKeyboardA11y: true,
  deleteKeyCode: null,
  selectionKeyCode: null,
  multiSelectionKeyCode: null,
  zoomOnDoubleClick: false,
  minZoom: FARTHEST,
  maxZoom: 2,
  // The same object each time: another one would be drawn anew.
  proOptions: { hideAttribution: true },
} as const;
