// Another program deleted the file of the flow that is edited: the text is still here, and can be written again.

import { useState } from "react";
import { Confirm } from "../../parts/Confirm";
import { Icon } from "../../parts/Icon";
import type { FileState } from "./flowFile";

interface Props {
  gone: NonNullable<FileState["gone"]>;
  busy: boolean;
  onWrite: () => void;
  onDiscard: () => void;
}

export function GoneNotice({ gone, busy, onWrite, onDiscard }: Props) {
  return (
    <p className="banner" role="alert">
      <Icon name="warn" />
      <span>
        {gone === "refused" && "Not saved: "}
        <b>The file was deleted</b> by another program. The text here is kept.
      </span>
      <span className="grow" />
      <GoneWays busy={busy} onWrite={onWrite} onDiscard={onDiscard} />
    </p>
  );
}

/** The two ways out of a deletion. */
export function GoneWays({ busy, onWrite, onDiscard }: Omit<Props, "gone">) {
  const [asked, setAsked] = useState(false);
  return (
    <>
      <button type="button" className="btn btn-s" disabled={busy} onClick={onWrite}>
        Write it again
      </button>
      <button type="button" className="btn btn-s" disabled={busy} onClick={() => setAsked(true)}>
        Discard…
      </button>
      <Confirm
        open={asked}
        title="Discard the text?"
        text="The file stays deleted, and what was not saved of it is lost. Its versions and runs stay."
        action="Discard"
        onDone={onDiscard}
        onClose={() => setAsked(false)}
      />
    </>
  );
}
