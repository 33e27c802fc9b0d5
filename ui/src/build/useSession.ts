// The session of the flow that the tab shows.

import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import type { FlowDetail } from "../api/types";
import { flowSchema, languageOf } from "./schema";
import { leaveSession, openSession, type Session } from "./session";

/** `isGone`: its file is not there any more; the detail is as of before. */
export function useSession(
  detail: FlowDetail,
  isGone: boolean,
): {
  session: Session | null;
  error: unknown;
} {
  const schema = useQuery(flowSchema);
  const { summary, text, version } = detail;
  const { name } = summary;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a session begins with the text that is there; a later one is news to it
  const session = useMemo(
    () => (schema.data ? openSession(name, detail, languageOf(schema.data)) : null),
    [name, schema.data],
  );
  useEffect(() => (session ? () => leaveSession(name) : undefined), [session, name]);
  useEffect(() => {
    if (isGone) session?.file.vanished();
    else session?.file.arrived(text, version);
  }, [session, text, version, isGone]);
  return { session, error: schema.error };
}
