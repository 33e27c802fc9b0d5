import { useState } from "react";
import { Confirm } from "../parts/Confirm";
import { Icon } from "../parts/Icon";

/** A button that takes a thing away, and asks first. */
export function Remove({ name, text, onRemove }: { name: string; text: string; onRemove: () => void }) {
  const [asking, setAsking] = useState(false);
  return (
    <>
      <button
        type="button"
        className="btn btn-s btn-icon btn-ghost"
        aria-label={`Remove ${name}`}
        onClick={() => setAsking(true)}
      >
        <Icon name="trash" />
      </button>
      <Confirm
        open={asking}
        title={`Remove ${name}?`}
        text={text}
        action="Remove"
        onDone={onRemove}
        onClose={() => setAsking(false)}
      />
    </>
  );
}
