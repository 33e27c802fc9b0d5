// What the canvas library looks for in a node before it draws an edge at it. Edges here have routes of their own, so
// that it is only there counts, not where: the name carries it, and no element is spent on it.

/** The classes of the element that stands for a node's ends of edges. */
export const ANCHOR = "source target";

/** Its attributes. */
export const ANCHORED = { "data-handlepos": "bottom" };
