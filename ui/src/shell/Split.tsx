// Panels side by side or above each other, whose line can be dragged; the sizes are remembered by name.

import { Fragment, type ReactNode } from "react";
import { Group, Panel, Separator, useDefaultLayout } from "react-resizable-panels";

export interface Part {
  id: string;
  /** what stands in it, for who hears the line between two; by default as `id` says */
  label?: string;
  content: ReactNode;
  /** in pixels, or `"40%"` */
  size?: number | string;
  min?: number | string;
}

/** `name` is where the sizes are kept; give parts that are not shown as null. */
export function Split({
  name,
  orientation = "horizontal",
  parts,
}: {
  name: string;
  orientation?: "horizontal" | "vertical";
  parts: readonly (Part | null)[];
}) {
  const shown = parts.filter((part) => part !== null);
  const layout = useDefaultLayout({
    id: `tidemill.${name}`,
    panelIds: shown.map((part) => part.id),
    storage: localStorage,
  });
  return (
    <Group
      orientation={orientation}
      defaultLayout={layout.defaultLayout}
      onLayoutChanged={layout.onLayoutChanged}
    >
      {shown.map((part, at) => (
        <Fragment key={part.id}>
          {at > 0 && <Separator className="splitter" aria-label={between(shown[at - 1], part)} />}
          <Panel
            id={part.id}
            minSize={part.min ?? 80}
            {...(part.size === undefined ? {} : { defaultSize: part.size })}
          >
            {part.content}
          </Panel>
        </Fragment>
      ))}
    </Group>
  );
}

function between(before: Part | undefined, after: Part): string {
  const name = (part: Part | undefined) => part?.label ?? part?.id ?? "";
  return `Between ${name(before)} and ${name(after)}`;
}
