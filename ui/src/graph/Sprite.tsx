// The drawings that nodes refer to. A node holds references, not copies: a thousand nodes stay light.

import { Icon, kindIcon } from "../parts/Icon";
import { StateIcon } from "../parts/State";
import { type Drawing, STATES } from "../parts/states";

const KINDS = ["shell", "python", "http", "sql", "value", "flow", "tasks", "wait", "approve", "notify"];
const DRAWINGS: Drawing[] = [...new Set(Object.values(STATES).map(({ drawing }) => drawing))];

export function kindRef(kind: string): string {
  return `#graph-kind-${KINDS.includes(kind) ? kind : "other"}`;
}

export function stateRef(drawing: Drawing): string {
  return `#graph-state-${drawing}`;
}

export const PROBLEM_REF = "#graph-problem";

export function Sprite() {
  return (
    <svg className="graph-sprite" aria-hidden="true" focusable="false">
      <title>drawings</title>
      {KINDS.map((kind) => (
        <g id={`graph-kind-${kind}`} key={kind}>
          <Icon name={kindIcon(kind)} />
        </g>
      ))}
      <g id="graph-kind-other">
        <Icon name="ring" />
      </g>
      <g id="graph-problem">
        <Icon name="warn" />
      </g>
      {DRAWINGS.map((drawing) => (
        <g id={`graph-state-${drawing}`} key={drawing}>
          <StateIcon drawing={drawing} />
        </g>
      ))}
    </svg>
  );
}
