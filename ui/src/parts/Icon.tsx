// Every pictogram of the interface, drawn on a grid of 16.

import type { ReactNode } from "react";

const DRAWINGS = {
  activity: <path d="M1.6 8h2.9l2-5 3 10 2-5h2.9" />,
  approve: (
    <>
      <circle cx="6.2" cy="4.9" r="2.4" />
      <path d="M1.9 13.2c.2-2.8 1.9-4.3 4.3-4.3 1.2 0 2.2.4 3 1.1M9.6 12.3l1.6 1.6 3-3.3" />
    </>
  ),
  bolt: <path d="M9 1.8 3.4 9.2h4L7 14.2l5.6-7.4h-4z" />,
  calendar: (
    <>
      <rect x="2.4" y="3.4" width="11.2" height="10.2" rx="1.2" />
      <path d="M2.4 6.6h11.2M5.3 1.9v2.6M10.7 1.9v2.6" />
    </>
  ),
  check: <path d="m3 8.4 3.2 3.2L13 4.8" />,
  clock: (
    <>
      <circle cx="8" cy="8" r="5.8" />
      <path d="M8 4.6v3.6l2.4 1.5" />
    </>
  ),
  code: <path d="M5.6 4.4 2 8l3.6 3.6M10.4 4.4 14 8l-3.6 3.6" />,
  compare: (
    <>
      <rect x="2" y="2.6" width="5" height="10.8" rx=".9" />
      <rect x="9" y="2.6" width="5" height="10.8" rx=".9" strokeDasharray="2.1 1.5" />
    </>
  ),
  copy: (
    <>
      <rect x="5.4" y="5.4" width="8.2" height="8.2" rx="1.2" />
      <path d="M10.6 5.4V3.2A.8.8 0 0 0 9.8 2.4H3.2a.8.8 0 0 0-.8.8v6.6a.8.8 0 0 0 .8.8h2.2" />
    </>
  ),
  down: <path d="m4 6 4 4 4-4" />,
  download: <path d="M8 2.4v7.4M4.8 6.8 8 10l3.2-3.2M2.6 13.4h10.8" />,
  edit: <path d="m2.8 13.2.6-3 7.2-7.2 2.4 2.4-7.2 7.2zM9.2 4.4l2.4 2.4" />,
  error: <path d="M5.4 1.9h5.2l3.5 3.5v5.2l-3.5 3.5H5.4l-3.5-3.5V5.4zM8 4.9v3.7M8 10.9h.01" />,
  file: <path d="M4 1.9h5l3.4 3.4v8.8H4zM9 1.9v3.4h3.4" />,
  fit: <path d="M2.4 5.6V2.4h3.2M10.4 2.4h3.2v3.2M13.6 10.4v3.2h-3.2M5.6 13.6H2.4v-3.2" />,
  flows: (
    <>
      <rect x="1.9" y="2.4" width="5" height="3.6" rx=".8" />
      <rect x="9.1" y="10" width="5" height="3.6" rx=".8" />
      <path d="M4.4 6v3.8a2 2 0 0 0 2 2h2.7" />
    </>
  ),
  folder: (
    <path d="M1.9 4.2a1 1 0 0 1 1-1h3.2l1.5 1.7h5.5a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1H2.9a1 1 0 0 1-1-1z" />
  ),
  group: (
    <>
      <rect x="2" y="2" width="12" height="12" rx="1.6" strokeDasharray="2.4 1.6" />
      <path d="M5.2 6h5.6M5.2 10h5.6" />
    </>
  ),
  home: <path d="M2.5 7.3 8 2.8l5.5 4.5M4 6.4v6.8h8V6.4" />,
  http: (
    <>
      <circle cx="8" cy="8" r="5.8" />
      <path d="M2.2 8h11.6M8 2.2c2 1.6 2.7 3.6 2.7 5.8S10 12.2 8 13.8C6 12.2 5.3 10.2 5.3 8S6 3.8 8 2.2z" />
    </>
  ),
  info: (
    <>
      <circle cx="8" cy="8" r="5.8" />
      <path d="M8 7.4v3.4M8 5.2h.01" />
    </>
  ),
  key: (
    <>
      <circle cx="5" cy="11" r="2.8" />
      <path d="m7 9 6-6M10.6 5.4l1.8 1.8" />
    </>
  ),
  laptop: (
    <>
      <rect x="3.2" y="3" width="9.6" height="7" rx="1" />
      <path d="M1.4 12.8h13.2" />
    </>
  ),
  layout: (
    <>
      <rect x="5.4" y="2" width="5.2" height="3" rx=".8" />
      <rect x="1.8" y="11" width="4.6" height="3" rx=".8" />
      <rect x="9.6" y="11" width="4.6" height="3" rx=".8" />
      <path d="M8 5v3M4.1 11V8h7.8v3" />
    </>
  ),
  limit: <path d="M2.4 11.4a6 6 0 1 1 11.2 0M8 9.2l2.6-3" />,
  list: <path d="M2.6 4h2M6.6 4h6.8M2.6 8h2M6.6 8h6.8M2.6 12h2M6.6 12h6.8" />,
  marquee: (
    <>
      <rect x="2.2" y="2.2" width="11.6" height="11.6" rx="1" strokeDasharray="2.2 1.7" />
      <path d="m6.4 6.2 4.2 1.7-1.8.8-.8 1.9z" />
    </>
  ),
  minus: <path d="M3.4 8h9.2" />,
  more: <path d="M3.5 8h.01M8 8h.01M12.5 8h.01" strokeWidth="1.9" />,
  move: <path d="M2.6 8h10M9.2 4.4 12.8 8l-3.6 3.6" />,
  note: <path d="M2.7 2.7h10.6V9.5l-3.8 3.8H2.7zM13.3 9.5H9.5v3.8" />,
  notify: <path d="M2 3h12v8H8.6l-3.2 2.8V11H2zM5 6h6M5 8.3h3.6" />,
  person: (
    <>
      <circle cx="8" cy="5" r="2.6" />
      <path d="M3 13.6c.3-3 2.2-4.7 5-4.7s4.7 1.7 5 4.7" />
    </>
  ),
  pin: <path d="M6.1 2.3h3.8M6.7 2.3v4L4.5 9.3h7L9.3 6.3v-4M8 9.3v4.3" />,
  play: <path d="M4.8 3.3v9.4l7.4-4.7z" />,
  playFrom: <path d="M3.4 3.4v9.2M6.8 3.7v8.6L13.3 8z" />,
  playTo: <path d="M2.7 3.7v8.6L9.2 8zM12.6 3.4v9.2" />,
  plus: <path d="M8 3.2v9.6M3.2 8h9.6" />,
  python: (
    <path d="M5.4 2.6c-1.7.6-2.6 2.2-2.6 5.4s.9 4.8 2.6 5.4M10.6 2.6c1.7.6 2.6 2.2 2.6 5.4s-.9 4.8-2.6 5.4M6.2 6.1l3.6 3.8M9.8 6.1 6.2 9.9" />
  ),
  redo: <path d="M10.5 2.9 13.5 6l-3 3.1M13.5 6H6.3a3.5 3.5 0 0 0 0 7h3.3" />,
  rename: <path d="M5.4 2.6h1.4L8 3.6l1.2-1h1.4M8 3.6v8.8M5.4 13.4h1.4l1.2-1 1.2 1h1.4" />,
  retry: <path d="M13.4 8a5.4 5.4 0 1 1-1.6-3.8M12.2 1.6v2.9H9.3" />,
  right: <path d="m6 4 4 4-4 4" />,
  ring: <circle cx="8" cy="8" r="4.6" />,
  runs: (
    <>
      <path d="M6.5 4h7.5M6.5 8h7.5M6.5 12h7.5" />
      <circle cx="3" cy="4" r="1" />
      <circle cx="3" cy="8" r="1" />
      <circle cx="3" cy="12" r="1" />
    </>
  ),
  search: (
    <>
      <circle cx="7" cy="7" r="4.4" />
      <path d="m10.3 10.3 3.5 3.5" />
    </>
  ),
  settings: (
    <>
      <path d="M2 4.6h6M11.6 4.6H14M2 11.4h2.4M8 11.4h6" />
      <circle cx="9.8" cy="4.6" r="1.7" />
      <circle cx="6.2" cy="11.4" r="1.7" />
    </>
  ),
  shell: (
    <>
      <rect x="1.9" y="2.7" width="12.2" height="10.6" rx="1.2" />
      <path d="m4.6 6 2.2 2-2.2 2M8.4 10.2h3" />
    </>
  ),
  split: (
    <>
      <rect x="2.1" y="2.9" width="11.8" height="10.2" rx="1.1" />
      <path d="M8 2.9v10.2" />
    </>
  ),
  sql: (
    <>
      <ellipse cx="8" cy="3.9" rx="5.2" ry="1.9" />
      <path d="M2.8 3.9v8.2c0 1 2.3 1.9 5.2 1.9s5.2-.9 5.2-1.9V3.9M2.8 8c0 1 2.3 1.9 5.2 1.9s5.2-.9 5.2-1.9" />
    </>
  ),
  stale: (
    <>
      <circle cx="8" cy="8" r="4.2" />
      <path d="M8 3.8a4.2 4.2 0 0 0 0 8.4z" fill="currentColor" />
    </>
  ),
  stop: <rect x="4" y="4" width="8" height="8" rx="1" />,
  swap: <path d="M2.4 5.4h10M9.6 2.6l2.8 2.8-2.8 2.8M13.6 10.6h-10M6.4 7.8l-2.8 2.8 2.8 2.8" />,
  sync: <path d="M2.6 7A5.5 5.5 0 0 1 12.7 5M13.4 9A5.5 5.5 0 0 1 3.3 11M12.9 2.2V5h-2.8M3.1 13.8V11h2.8" />,
  tail: <path d="M8 2.2v7.6M4.8 6.8 8 10l3.2-3.2M3 13.4h10" />,
  theme: (
    <>
      <circle cx="8" cy="8" r="5.6" />
      <path d="M8 2.4a5.6 5.6 0 0 1 0 11.2z" fill="currentColor" />
    </>
  ),
  trash: <path d="M2.6 4.2h10.8M6 4.2V2.4h4v1.8M4 4.2l.7 9.4h6.6l.7-9.4" />,
  undo: <path d="M5.5 2.9 2.5 6l3 3.1M2.5 6h7.2a3.5 3.5 0 0 1 0 7H6.4" />,
  unlink: (
    <path d="M2 2l12 12M4 8.9a5.8 5.8 0 0 1 3-1.7M9.8 7.5A5.8 5.8 0 0 1 12 8.9M1.8 6.4A9 9 0 0 1 4 4.9M7.6 4A9 9 0 0 1 14.2 6.4M8 13.3h.01" />
  ),
  up: <path d="m4 10 4-4 4 4" />,
  value: (
    <path d="M6 2.5c-2 0-2 .8-2 2.7S3.6 8 2.4 8c1.2 0 1.6.9 1.6 2.8s0 2.7 2 2.7M10 2.5c2 0 2 .8 2 2.7S12.4 8 13.6 8c-1.2 0-1.6.9-1.6 2.8s0 2.7-2 2.7" />
  ),
  wait: (
    <path d="M4.2 2.3h7.6M4.2 13.7h7.6M5 2.3c0 3 1.4 4 3 5.7 1.6-1.7 3-2.7 3-5.7M5 13.7c0-3 1.4-4 3-5.7 1.6 1.7 3 2.7 3 5.7" />
  ),
  warn: <path d="M8 2.4 14.2 13H1.8zM8 6.6v3M8 11.3h.01" />,
  wifi: (
    <path d="M1.8 6.4a9 9 0 0 1 12.4 0M4 8.9a5.8 5.8 0 0 1 8 0M6.2 11.3a2.6 2.6 0 0 1 3.6 0M8 13.3h.01" />
  ),
  wrap: <path d="M2 3.6h12M2 8h9.6a2.3 2.3 0 0 1 0 4.6H8.6M10.2 10.8l-1.8 1.8 1.8 1.8M2 12.6h3.6" />,
  window: (
    <>
      <rect x="1.5" y="2.5" width="13" height="11" rx="1.5" />
      <path d="M1.5 6h13" />
    </>
  ),
  x: <path d="m4 4 8 8M12 4l-8 8" />,
} satisfies Record<string, ReactNode>;

export type IconName = keyof typeof DRAWINGS;

/** A pictogram. It says nothing to a screen reader: the word stands beside it or in the button's label. */
export function Icon({ name, className = "" }: { name: IconName; className?: string }) {
  return (
    <svg className={`i ${className}`} viewBox="0 0 16 16" aria-hidden="true">
      {DRAWINGS[name]}
    </svg>
  );
}

const KINDS: Record<string, IconName> = {
  shell: "shell",
  python: "python",
  http: "http",
  sql: "sql",
  value: "value",
  flow: "flows",
  tasks: "group",
  wait: "wait",
  approve: "approve",
  notify: "notify",
};

/** The pictogram of a kind of task. */
export function kindIcon(kind: string): IconName {
  return KINDS[kind] ?? "ring";
}
