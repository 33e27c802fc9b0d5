// Every page of the studio: its name in pictures and tests, and its path.

export const PAGES: readonly (readonly [name: string, path: string])[] = [
  ["home", "/"],
  ["flows", "/flows"],
  ["flow", "/flows/weather"],
  ["runs", "/runs"],
  ["run", "/runs/last"],
  ["activity", "/activity"],
  ["settings", "/settings"],
];
