// Panels side by side or above each other, whose line can be dragged; the sizes are remembered by name.

import { Fragment, type ReactNode } from "react";
import { Group, Panel, Separator, useDefaultLayout } from "react-resizable-panels";

export interface Part {
  id: string;
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
          {at > 0 && <Separator className="splitter" />}
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
