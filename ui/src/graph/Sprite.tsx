// The drawings that nodes refer to. A node holds references, not copies: a thousand nodes stay light.

import { Icon, kindIcon } from "../parts/Icon";
import { StateIcon } from "../parts/State";
import type { Severity } from "../parts/severity";
import { type Drawing, STATES } from "../parts/states";
import { CHANGE_ORDER, CHANGES, type Change } from "./changes";

const KINDS = ["shell", "python", "http", "sql", "value", "flow", "tasks", "wait", "approve", "notify"];
const DRAWINGS: Drawing[] = [...new Set(Object.values(STATES).map(({ drawing }) => drawing))];

export function kindRef(kind: string): string {
  return `#graph-kind-${KINDS.includes(kind) ? kind : "other"}`;
}

export function stateRef(drawing: Drawing): string {
  return `#graph-state-${drawing}`;
}

export function changeRef(change: Change): string {
  return `#graph-change-${change}`;
}

export function problemRef(worst: Severity): string {
  return `#graph-${worst}`;
}

export const OPEN_REF = "#graph-open";

export function Sprite() {
  return (
    <svg className="graph-sprite" aria-hidden="true" focusable="false">
      <title>drawings</title>
      {KINDS.map((kind) => (
        <symbol id={`graph-kind-${kind}`} key={kind} viewBox="0 0 16 16">
          <Icon name={kindIcon(kind)} />
        </symbol>
      ))}
      <symbol id="graph-kind-other" viewBox="0 0 16 16">
        <Icon name="ring" />
      </symbol>
      <symbol id="graph-warning" viewBox="0 0 16 16">
        <Icon name="warn" />
      </symbol>
      {CHANGE_ORDER.map((change) => (
        <symbol id={`graph-change-${change}`} key={change} viewBox="0 0 16 16">
          <Icon name={CHANGES[change].icon} />
        </symbol>
      ))}
      <symbol id="graph-open" viewBox="0 0 16 16">
        <Icon name="right" />
      </symbol>
      <symbol id="graph-error" viewBox="0 0 16 16">
        <Icon name="error" />
      </symbol>
      {DRAWINGS.map((drawing) => (
        <symbol id={`graph-state-${drawing}`} key={drawing} viewBox="0 0 16 16">
          <StateIcon drawing={drawing} />
        </symbol>
      ))}
    </svg>
  );
}
