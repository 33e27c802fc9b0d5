// Where braces are no expression: texts that the format takes as they stand, such as a script.

import type { FlowDocument } from "../../edit/document";
import type { Shape } from "../../edit/language";
import type { Node } from "../../edit/tree";

/** A place in the file's text. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/** The texts with braces in them that take no expressions, in the order of the file. */
export function literalTexts(document: FlowDocument): readonly Range[] {
  const found: Range[] = [];
  if (document.root && document.text.includes("{{"))
    collect(document, document.root, document.language.root, found);
  return found;
}

function collect(document: FlowDocument, node: Node, shape: Shape, found: Range[]): void {
  switch (node.kind) {
    case "scalar":
      if (!shape.expressions && document.source(node).includes("{{"))
        found.push({ from: node.from, to: node.to });
      break;
    case "map":
      for (const { name, value } of node.entries) collect(document, value, shape.property(name), found);
      break;
    case "list":
      for (const { value } of node.items) collect(document, value, shape.item, found);
      break;
  }
}
