// A flow that was just made and is gone to: its page takes the keyboard, which the dialog that made it had.

let awaited: string | null = null;

export function awaitArrival(flow: string): void {
  awaited = flow;
}

/** Whether this flow's page is the one that was gone to; asked once. */
export function arrives(flow: string): boolean {
  if (awaited !== flow) return false;
  awaited = null;
  return true;
}
