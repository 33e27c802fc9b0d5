// A flow to be built with the guide.

/** What such a flow begins with. */
export function guidedText(name: string): string {
  return `name: ${name}\n`;
}
