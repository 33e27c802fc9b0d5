// One line's text: colours as styles on spans, matches marked, and never more of it than a person asked for.

import { memo, useMemo } from "react";
import { number } from "../parts/format";
import { type Marked, mark, paletteColour, parseLine, type Style } from "./ansi";

/** Characters of a line that are shown unasked. */
export const SHOWN = 2000;

const NAMES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

interface Props {
  text: string;
  /** what is sought, as it was typed */
  needle: string;
  /** the line is the one that the search stands at */
  current: boolean;
  /** all of it, however long */
  whole?: boolean;
  onWhole?: () => void;
}

export const LogText = memo(function LogText({ text, needle, current, whole = false, onWhole }: Props) {
  const cut = !whole && text.length > SHOWN;
  const pieces = useMemo(
    () => mark(parseLine(cut ? text.slice(0, SHOWN) : text), needle),
    [text, cut, needle],
  );
  return (
    <span className="m">
      {pieces.map((piece, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one text have no other name, and never move
        <Piece key={at} piece={piece} current={current} />
      ))}
      {cut && onWhole && (
        <button type="button" className="log-more" onClick={onWhole}>
          show all {number(text.length)} characters
        </button>
      )}
      {cut && !onWhole && <span className="faint"> … {number(text.length)} characters</span>}
    </span>
  );
});

function Piece({ piece, current }: { piece: Marked; current: boolean }) {
  const { className, style } = dressed(piece.style);
  const plain = className === "" && style === undefined;
  if (piece.match !== null) {
    return (
      <mark className={`${className} ${current ? "on" : ""}`} style={style}>
        {piece.text}
      </mark>
    );
  }
  if (plain) return piece.text;
  return (
    <span className={className} style={style}>
      {piece.text}
    </span>
  );
}

/** A style as classes and, for mixed colours, as two values that are colours by their making. */
function dressed(style: Style): { className: string; style: React.CSSProperties | undefined } {
  const [front, back] = style.inverse
    ? [style.background ?? "front", style.foreground ?? "back"]
    : [style.foreground, style.background];
  const classes: string[] = [];
  const own: React.CSSProperties = {};
  if (front !== null) own.color = front === "front" ? "var(--sunken)" : colour(front);
  if (back !== null) own.backgroundColor = back === "back" ? "var(--text)" : colour(back, "ground");
  if (style.bold) classes.push("a-bold");
  if (style.dim) classes.push("a-dim");
  if (style.italic) classes.push("a-italic");
  if (style.underline) classes.push("a-under");
  if (style.strike) classes.push("a-strike");
  return { className: classes.join(" "), style: Object.keys(own).length > 0 ? own : undefined };
}

function colour(code: number | string, use: "text" | "ground" = "text"): string {
  if (typeof code === "number" && code < 16) {
    const name = `var(--ansi-${NAMES[code % 8]})`;
    if (use === "ground") return `color-mix(in oklab, ${name} 35%, var(--sunken))`;
    return code < 8 ? name : `color-mix(in oklab, ${name} 82%, var(--text))`;
  }
  const mixed = typeof code === "number" ? paletteColour(code) : code;
  // A colour that was chosen for another ground is brought nearer to this one's text, or to the ground itself.
  return use === "ground"
    ? `color-mix(in oklab, ${mixed} 45%, var(--sunken))`
    : `color-mix(in oklab, ${mixed} 68%, var(--text))`;
}
