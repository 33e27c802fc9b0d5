// What is to be said of the file, above the work: what came from elsewhere, what came back, what was not written.

import { useSyncExternalStore } from "react";
import { sayError } from "../../api/said";
import { Icon } from "../../parts/Icon";
import { Said } from "../../parts/Said";
import { ConflictView } from "./ConflictView";
import type { FlowFile } from "./flowFile";
import { GoneNotice } from "./GoneNotice";

const SAID = {
  merged:
    "Another program changed the file too; both changes are in the text. What came of it is not saved yet.",
  reread: "Another program changed the file; this is its text now. Undo brings back what was here.",
  draft: "These changes were not saved when the studio was last closed.",
} as const;

interface Props {
  file: FlowFile;
  /** writes the file that was deleted */
  onWriteAgain: () => void;
  /** lets go of the file that was deleted */
  onLeave: () => void;
}

export function FileNotices({ file, onWriteAgain, onLeave }: Props) {
  const { notice, error, conflict, gone, isSaving } = useSyncExternalStore(file.subscribe, file.state);
  return (
    <>
      {gone !== null && <GoneNotice gone={gone} busy={isSaving} onWrite={onWriteAgain} onDiscard={onLeave} />}
      {error !== null && (
        <p className="banner" role="alert">
          <Icon name="warn" />
          <span>
            Not written: <Said text={sayError(error)} />
          </span>
          <span className="grow" />
          {gone === null && (
            <button type="button" className="btn btn-s" onClick={() => void file.save()}>
              Try again
            </button>
          )}
          <Dismiss file={file} />
        </p>
      )}
      {notice !== null && (
        <p className="banner is-calm" role="status">
          <Icon name="info" />
          <span>{SAID[notice]}</span>
          <span className="grow" />
          {notice === "draft" && (
            <button type="button" className="btn btn-s" onClick={() => file.discard()}>
              Discard them
            </button>
          )}
          <Dismiss file={file} />
        </p>
      )}
      {conflict && <ConflictView file={file} conflict={conflict} />}
    </>
  );
}

function Dismiss({ file }: { file: FlowFile }) {
  return (
    <button
      type="button"
      className="btn btn-s btn-icon btn-ghost"
      aria-label="Dismiss"
      onClick={() => file.heard()}
    >
      <Icon name="x" />
    </button>
  );
}
