// The arithmetic of a list that is too long for a browser's scroll bar: which rows are in view, and how the
// scroll bar's position and the list's relate. It knows nothing of the page.

/** Browsers stop at 17 to 33 million pixels; a list that is higher is scrolled over a shorter track. */
export const LONGEST_TRACK = 6_000_000;

/** Where the list stands: `into` pixels of the row `row` are above the upper edge. */
export interface Anchor {
  row: number;
  into: number;
}

export interface Extent {
  /** rows there are */
  rows: number;
  /** height of a row that was not measured */
  rowHeight: number;
  /** height of the window */
  height: number;
}

/** Heights of rows that are not of the usual height, as they were measured. */
export class RowHeights {
  #extra = new Map<number, number>();
  #sum = 0;
  #sorted: { row: number; before: number; extra: number }[] | null = null;

  /** Notes a row's height. Says whether that was news. */
  set(row: number, height: number, usual: number): boolean {
    const extra = Math.round(height) - usual;
    const known = this.#extra.get(row) ?? 0;
    if (extra === known) return false;
    if (extra === 0) this.#extra.delete(row);
    else this.#extra.set(row, extra);
    this.#sum += extra - known;
    this.#sorted = null;
    return true;
  }

  clear(): void {
    this.#extra.clear();
    this.#sum = 0;
    this.#sorted = null;
  }

  of(row: number, usual: number): number {
    return usual + (this.#extra.get(row) ?? 0);
  }

  total(rows: number, usual: number): number {
    return rows * usual + this.#sum;
  }

  /** Where a row begins. */
  offset(row: number, usual: number): number {
    const before = this.#before(row);
    return row * usual + (before ? before.before + (before.row < row ? before.extra : 0) : 0);
  }

  /** Which row lies at an offset, and how far into it. */
  at(offset: number, rows: number, usual: number): Anchor {
    let low = 0;
    let high = Math.max(0, rows - 1);
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.offset(middle, usual) <= offset) low = middle;
      else high = middle - 1;
    }
    return { row: low, into: Math.max(0, offset - this.offset(low, usual)) };
  }

  /** The last measured row at or before `row`. */
  #before(row: number): { row: number; before: number; extra: number } | undefined {
    const sorted = this.#sort();
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sorted[middle]?.row ?? 0) <= row) low = middle + 1;
      else high = middle;
    }
    return sorted[low - 1];
  }

  #sort(): { row: number; before: number; extra: number }[] {
    if (this.#sorted) return this.#sorted;
    let before = 0;
    this.#sorted = [...this.#extra]
      .sort(([left], [right]) => left - right)
      .map(([row, extra]) => {
        const entry = { row, before, extra };
        before += extra;
        return entry;
      });
    return this.#sorted;
  }
}

/** How high the element inside the scroller is. */
export function trackHeight(extent: Extent, heights: RowHeights): number {
  return Math.min(LONGEST_TRACK, Math.max(extent.height, heights.total(extent.rows, extent.rowHeight)));
}

/** Where the scroll bar stands for an anchor. */
export function scrollTopFor(anchor: Anchor, extent: Extent, heights: RowHeights): number {
  const offset = heights.offset(anchor.row, extent.rowHeight) + anchor.into;
  const hidden = heights.total(extent.rows, extent.rowHeight) - extent.height;
  if (hidden <= 0) return 0;
  return (Math.min(offset, hidden) / hidden) * (trackHeight(extent, heights) - extent.height);
}

/** What a position of the scroll bar means. */
export function anchorFor(scrollTop: number, extent: Extent, heights: RowHeights): Anchor {
  const hidden = heights.total(extent.rows, extent.rowHeight) - extent.height;
  const travel = trackHeight(extent, heights) - extent.height;
  if (hidden <= 0 || travel <= 0) return { row: 0, into: 0 };
  const share = Math.min(1, Math.max(0, scrollTop / travel));
  return heights.at(share * hidden, extent.rows, extent.rowHeight);
}

/** An anchor moved by pixels, kept inside the list. */
export function moved(anchor: Anchor, by: number, extent: Extent, heights: RowHeights): Anchor {
  const hidden = Math.max(0, heights.total(extent.rows, extent.rowHeight) - extent.height);
  const offset = heights.offset(anchor.row, extent.rowHeight) + anchor.into + by;
  return heights.at(Math.min(hidden, Math.max(0, offset)), extent.rows, extent.rowHeight);
}

/** The anchor that shows the last row at the lower edge. */
export function anchorAtEnd(extent: Extent, heights: RowHeights): Anchor {
  return moved({ row: Math.max(0, extent.rows - 1), into: 0 }, extent.height, extent, heights);
}

/** The anchor that shows a row in the middle, or as near to it as the list's ends allow. */
export function anchorAround(row: number, extent: Extent, heights: RowHeights): Anchor {
  const middle = -Math.floor((extent.height - extent.rowHeight) / 2);
  return moved(
    { row: Math.min(Math.max(0, row), Math.max(0, extent.rows - 1)), into: 0 },
    middle,
    extent,
    heights,
  );
}

/** The rows that are drawn: those in view and `around` more on both sides. `above` is where the first of them begins. */
export function rowsInView(
  anchor: Anchor,
  extent: Extent,
  heights: RowHeights,
  around: number,
): { from: number; to: number; above: number } {
  const from = Math.max(0, anchor.row - around);
  let above = -anchor.into;
  for (let row = from; row < anchor.row; row += 1) above -= heights.of(row, extent.rowHeight);
  let to = anchor.row;
  for (let bottom = -anchor.into; to < extent.rows && bottom < extent.height; to += 1) {
    bottom += heights.of(to, extent.rowHeight);
  }
  return { from, to: Math.min(extent.rows, to + around), above };
}
