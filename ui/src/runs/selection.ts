// Which rows are selected, and where the cursor is.

import { useCallback, useMemo, useRef, useState } from "react";
import type { Run } from "../api/types";
import type { Pager } from "../parts/pager";

export interface Selection {
  ids: ReadonlySet<string>;
  cursor: number;
  setCursor: (index: number) => void;
  /** with `range`, all from the row that was selected last */
  toggle: (index: number, range: boolean) => void;
  /** selects from the cursor to this row */
  extend: (index: number) => void;
  selectAll: () => void;
  clear: () => void;
}

const NONE: ReadonlySet<string> = new Set();

export function useSelection(pager: Pager<Run>): Selection {
  const [state, setState] = useState<{ pager: Pager<Run>; ids: ReadonlySet<string>; cursor: number }>({
    pager,
    ids: NONE,
    cursor: 0,
  });
  const anchor = useRef(0);
  // Other filters are another list: nothing of it is selected yet.
  const current = state.pager === pager ? state : { pager, ids: NONE, cursor: 0 };
  const { ids, cursor } = current;
  const set = useCallback(
    (
      change: (old: { ids: ReadonlySet<string>; cursor: number }) => {
        ids: ReadonlySet<string>;
        cursor: number;
      },
    ) => setState((old) => ({ pager, ...change(old.pager === pager ? old : { ids: NONE, cursor: 0 }) })),
    [pager],
  );

  const setCursor = useCallback((index: number) => set((old) => ({ ...old, cursor: index })), [set]);
  const toggle = useCallback(
    (index: number, range: boolean) => {
      const from = range ? Math.min(anchor.current, index) : index;
      const to = range ? Math.max(anchor.current, index) : index;
      anchor.current = index;
      set((old) => ({ ids: changed(old.ids, pager.ids(from, to), range), cursor: index }));
    },
    [set, pager],
  );
  const extend = useCallback(
    (index: number) =>
      set((old) => {
        const added = pager.ids(Math.min(old.cursor, index), Math.max(old.cursor, index));
        return { ids: changed(old.ids, added, true), cursor: index };
      }),
    [set, pager],
  );
  const selectAll = useCallback(
    () => set((old) => ({ ...old, ids: new Set(pager.ids(0, pager.length - 1)) })),
    [set, pager],
  );
  const clear = useCallback(() => set((old) => ({ ...old, ids: NONE })), [set]);
  return useMemo(
    () => ({ ids, cursor, setCursor, toggle, extend, selectAll, clear }),
    [ids, cursor, setCursor, toggle, extend, selectAll, clear],
  );
}

/** The set with the ids in it; a single one that is in it already is taken out, unless `adding`. */
export function changed(
  old: ReadonlySet<string>,
  ids: readonly string[],
  adding: boolean,
): ReadonlySet<string> {
  const next = new Set(old);
  for (const id of ids) {
    if (!adding && next.has(id)) next.delete(id);
    else next.add(id);
  }
  return next;
}
