// Names of tasks.

import type { FlowDocument, TaskPath } from "./document";
import { Refused } from "./draft";

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;

/** Refuses what cannot be a task's name in the group. `spared`: names that will be free. */
export function checkName(
  document: FlowDocument,
  group: TaskPath,
  name: string,
  spared: ReadonlySet<string> = new Set(),
): void {
  if (!NAME.test(name)) {
    throw new Refused(
      "name-invalid",
      `\`${name}\` is no name: letters, digits and \`_\`, at most 63, no digit first`,
    );
  }
  const taken = document.tasksIn(group)?.entries.find((entry) => entry.name === name);
  if (taken && !spared.has(name)) {
    throw new Refused("name-taken", `a task \`${name}\` stands there already`, [taken.key]);
  }
}

/** The name, or one made of it that is not taken. */
export function freeName(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  const base = name.replace(/_\d+$/, "").slice(0, 58) || name.slice(0, 58);
  let number = 2;
  while (taken.has(`${base}_${number}`)) number += 1;
  return `${base}_${number}`;
}
