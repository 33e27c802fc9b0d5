// Why the canvas shows what the text was, and not what it is.

import { Icon } from "../parts/Icon";
import { Said } from "../parts/Said";
import { type Broken, brokenAt } from "./broken";
import { useEdited } from "./context";

export function Banner({ onShow }: { onShow: (line: number, column: number) => void }) {
  // Words and numbers only: what is the same is not drawn again.
  const said = useEdited((snapshot) => {
    const broken = brokenAt(snapshot);
    return broken ? JSON.stringify(broken) : null;
  });
  const unchecked = useEdited((snapshot) => snapshot.unchecked);
  if (said === null)
    return unchecked ? (
      <p className="banner" role="status">
        <Icon name="unlink" />
        The engine does not answer: what is drawn and what is wrong is as of before
      </p>
    ) : null;
  const { line, column, message } = JSON.parse(said) as Broken;
  return (
    <p className="banner" role="status">
      <Icon name="warn" />
      <span className="cut">
        <b>Line {line}</b>: <Said text={message} />
        <span className="faint"> — the canvas shows the flow as it was before</span>
      </span>
      <span className="grow" />
      <button type="button" className="btn btn-s" onClick={() => onShow(line, column)}>
        Show
      </button>
    </p>
  );
}
