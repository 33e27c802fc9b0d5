// What a field is for: one line of it beside its name, and the rest in place once it is pressed.

import { useLayoutEffect, useRef, useState } from "react";
import { Said } from "../../parts/Said";

interface Props {
  /** what stands there at first */
  brief: string;
  /** all that is said of it */
  whole: string;
}

export function Help({ brief, whole }: Props) {
  const line = useRef<HTMLButtonElement>(null);
  const [isCut, setCut] = useState(false);
  const [isWhole, setWhole] = useState(false);
  // Only where there is more to read is it a stop of the Tab key.
  useLayoutEffect(() => {
    const shown = line.current;
    if (shown && !isWhole) setCut(shown.scrollWidth > shown.clientWidth);
  });
  const hasMore = isCut || isWhole;
  if (brief === "") return null;
  return (
    <button
      ref={line}
      type="button"
      className={`opt label-help ${isWhole ? "is-whole" : "cut"}`}
      tabIndex={hasMore ? 0 : -1}
      aria-expanded={isWhole}
      title={whole}
      onClick={() => setWhole(!isWhole && isCut)}
    >
      <Said text={isWhole ? whole : brief} />
    </button>
  );
}
