// A value as a tree that opens level by level.

import { useState } from "react";
import { brief, number } from "../parts/format";
import { Icon } from "../parts/Icon";
import { toast, toastError } from "../shell/toast";
import "./jsonTree.css";
import { ENTRIES, entriesOf, kindOf, shownText, sizeOf, summary } from "./jsonTree";

/** Levels that are open from the start, if they are small. */
const OPEN_LEVELS = 1;
const OPEN_SIZE = 12;

export function JsonTree({ value, label }: { value: unknown; label: string }) {
  return (
    <ul className="code tree" aria-label={label}>
      {sizeOf(value) === 0 ? (
        <Leaf name={null} value={value} depth={0} />
      ) : (
        <Entries value={value} depth={0} />
      )}
    </ul>
  );
}

function Entries({ value, depth }: { value: unknown; depth: number }) {
  const [most, setMost] = useState(ENTRIES);
  const size = sizeOf(value);
  return (
    <>
      {entriesOf(value, most).map((entry) =>
        sizeOf(entry.value) > 0 ? (
          <Branch key={entry.name} name={entry.name} value={entry.value} depth={depth} />
        ) : (
          <Leaf key={entry.name} name={entry.name} value={entry.value} depth={depth} />
        ),
      )}
      {size > most && (
        <li style={{ paddingLeft: 14 + depth * 14 }}>
          <button type="button" className="fold link" onClick={() => setMost(most + ENTRIES)}>
            {number(Math.min(ENTRIES, size - most))} more of {number(size)}
          </button>
        </li>
      )}
    </>
  );
}

function Branch({ name, value, depth }: { name: string; value: unknown; depth: number }) {
  const [open, setOpen] = useState(depth < OPEN_LEVELS && sizeOf(value) <= OPEN_SIZE);
  return (
    <li>
      <button
        type="button"
        className="tree-fold"
        style={{ paddingLeft: depth * 14 }}
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <Icon name={open ? "down" : "right"} className="i-12" />
        <Name name={name} />
        <span className="faint">{open ? brackets(value) : summary(value)}</span>
      </button>
      {open && (
        <ul>
          <Entries value={value} depth={depth + 1} />
        </ul>
      )}
    </li>
  );
}

function brackets(value: unknown): string {
  const size = sizeOf(value);
  if (Array.isArray(value)) return size === 1 ? "1 item" : `${number(size)} items`;
  return size === 1 ? "1 key" : `${number(size)} keys`;
}

function Leaf({ name, value, depth }: { name: string | null; value: unknown; depth: number }) {
  return (
    <li className="tree-leaf" style={{ paddingLeft: (name === null ? 0 : 14) + depth * 14 }}>
      {name !== null && <Name name={name} />}
      <Scalar value={value} />
    </li>
  );
}

function Name({ name }: { name: string }) {
  return <span className="c-key">{name.length > 80 ? `${name.slice(0, 79)}…` : name} </span>;
}

function Scalar({ value }: { value: unknown }) {
  const [whole, setWhole] = useState(false);
  const kind = kindOf(value);
  if (kind === "number") return <span className="c-num">{brief(value)}</span>;
  if (kind !== "text")
    return <span className={sizeOf(value) === 0 && kind !== "word" ? "faint" : "c-kw"}>{brief(value)}</span>;
  const { text, left } = shownText(String(value), whole);
  return (
    <span className="c-str tree-text">
      "{text}
      {left > 0 ? "…" : '"'}
      {left > 0 && !whole && (
        <button type="button" className="fold link" onClick={() => setWhole(true)}>
          {number(left)} more characters
        </button>
      )}
      {left > 0 && whole && (
        <span className="faint"> {number(left)} more characters: copy it to have them all</span>
      )}
    </span>
  );
}

/** The whole value as JSON, on the clipboard. */
export function CopyValue({ value, what }: { value: unknown; what: string }) {
  return (
    <button
      type="button"
      className="btn btn-icon btn-ghost btn-s"
      title={`Copy ${what} as JSON`}
      aria-label={`Copy ${what} as JSON`}
      onClick={() => {
        navigator.clipboard
          .writeText(JSON.stringify(value, null, 2))
          .then(() => toast({ text: `Copied ${what}`, icon: "copy" }), toastError);
      }}
    >
      <Icon name="copy" />
    </button>
  );
}
