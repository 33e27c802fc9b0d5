// What the fields of one form share: whose they are, the document that they show, what is in scope.

import { createContext, useContext } from "react";
import type { FlowDocument } from "../../edit/document";
import type { JsonMap } from "../../edit/json";
import type { ValuePath } from "../../edit/value";
import type { Builtins } from "./builtins";
import type { PlacedProblem } from "./problems";

export interface Fields {
  readonly flow: string;
  /** the path of the task, as the API writes it; `null`: the flow itself */
  readonly task: string | null;
  /** the last document that could be read */
  readonly document: FlowDocument;
  /** the text cannot be read at present, so nothing can be changed by parts */
  readonly frozen: boolean;
  /** the names in scope, with samples */
  readonly names: JsonMap;
  /** what expressions may use beside them */
  readonly builtins: Builtins;
  /** when what the samples are out of ended; `null`: there is none */
  readonly sampled: string | null;
  readonly problems: readonly PlacedProblem[];
  /** what the flow's `defaults` say of a task's option */
  readonly inherited: (path: ValuePath) => string | null;
}

export const FieldsContext = createContext<Fields | null>(null);

export function useFields(): Fields {
  const fields = useContext(FieldsContext);
  if (!fields) throw new Error("no form is around this field");
  return fields;
}
