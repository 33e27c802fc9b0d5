// The parameters that a flow was last tried with, as they were typed; kept on this machine.

const KEY = "tidemill.parameters.";

export type Texts = Readonly<Record<string, string>>;

export function remembered(flow: string): Texts {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY + flow) ?? "{}");
    if (typeof kept !== "object" || kept === null) return {};
    return Object.fromEntries(Object.entries(kept).filter(([, text]) => typeof text === "string"));
  } catch {
    // What cannot be read is as good as nothing: the defaults hold.
    return {};
  }
}

export function remember(flow: string, texts: Texts): void {
  try {
    localStorage.setItem(KEY + flow, JSON.stringify(texts));
  } catch {
    // Without a place to keep them they are typed anew the next time.
  }
}
