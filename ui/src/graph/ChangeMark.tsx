// What became of a task, on its node: a drawing and a word.

import { CHANGES, type Change } from "./changes";
import { changeRef } from "./Sprite";

export function ChangeMark({ change, small = false }: { change: Change; small?: boolean }) {
  const { word } = CHANGES[change];
  return (
    <span className={`gn-change change-${change}`}>
      <svg aria-hidden="true" width="12" height="12">
        <use href={changeRef(change)} />
      </svg>
      {!small && word}
    </span>
  );
}
