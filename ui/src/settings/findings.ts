// What was found on this machine, as the doctor tells it.

export interface Finding {
  name: string;
  ok: boolean;
  found: string;
  mend: string | null;
}

export function readFindings(answer: unknown): Finding[] {
  const list = (answer as { findings?: unknown } | null | undefined)?.findings;
  return Array.isArray(list) ? (list as Finding[]) : [];
}
