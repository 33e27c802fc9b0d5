import type { FlowSummary } from "../api/types";

/** A flow's file as it is called in its workspace. */
export function fileName({ file, workspace }: Pick<FlowSummary, "file" | "workspace">): string {
  if (file === null) return "no file any more";
  if (workspace === null || !file.startsWith(workspace)) return file;
  const inside = file.slice(workspace.length);
  return /^[/\\]/.test(inside) ? inside.slice(1) : file;
}
