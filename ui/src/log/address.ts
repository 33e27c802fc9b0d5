// Which line of a run's log the address names: `#L123`, or from one to another, `#L123-L130`.

import { useLocation } from "@tanstack/react-router";
import { useCallback, useEffect, useRef, useState } from "react";

export interface Lines {
  from: number;
  to: number;
}

/** How an address names lines. */
export function lineHash(from: number, to = from): string {
  return `L${from}${to === from ? "" : `-L${to}`}`;
}

/** The lines that a hash names, without its `#`. */
export function linesOf(hash: string): Lines | null {
  const found = /^L(\d{1,12})(?:-L(\d{1,12}))?$/.exec(hash);
  if (!found) return null;
  const from = Number(found[1]);
  return { from, to: Math.max(from, Number(found[2] ?? from)) };
}

/** The lines that the address leads to, anew each time it leads to others; and what writes into it. */
export function useLinesInAddress(): [Lines | null, (lines: Lines) => void] {
  const hash = useLocation({ select: (location) => location.hash });
  const written = useRef<string | null>(null);
  const [led, setLed] = useState<Lines | null>(null);
  useEffect(() => {
    // What a person chose in the log leads nowhere: it is where they are.
    if (hash !== written.current) setLed(linesOf(hash));
    written.current = null;
  }, [hash]);
  const write = useCallback(({ from, to }: Lines) => {
    written.current = lineHash(from, to);
    history.replaceState(history.state, "", `#${written.current}`);
  }, []);
  return [led, write];
}
