// A command line that can be copied.

import { toast } from "../shell/toast";
import { Icon } from "./Icon";

export function Command({ text }: { text: string }) {
  return (
    <div className="command">
      <Icon name="shell" />
      <code>{text}</code>
      <button
        type="button"
        className="btn btn-s"
        onClick={() =>
          void navigator.clipboard.writeText(text).then(
            () => toast({ text: "Copied", icon: "copy" }),
            () =>
              toast({ text: "The clipboard is not to be had here; select the text instead", icon: "warn" }),
          )
        }
      >
        <Icon name="copy" />
        Copy
      </button>
    </div>
  );
}
