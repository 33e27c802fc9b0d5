// In place of a flow whose file is gone: what was not saved of it, if anything is kept.

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { dropDraft, lostDraft, writeAgain } from "../build/files/engine";
import { GoneWays } from "../build/files/GoneNotice";
import { forgetSession } from "../build/session";
import { when } from "../parts/format";
import { ProblemLine } from "../parts/ProblemLine";
import { Trouble } from "../shell/Trouble";

interface Props {
  flow: string;
  error: unknown;
  again: () => void;
}

export function GonePage({ flow, error, again }: Props) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const kept = useQuery({
    queryKey: ["drafts", "lost", flow],
    queryFn: () => lostDraft(flow),
    staleTime: 0,
    gcTime: 0,
  });
  const draft = kept.data;
  const write = useMutation({
    mutationFn: (text: string) => writeAgain(flow, text, draft?.path ?? null),
    onSuccess: async ({ name }) => {
      forgetSession(flow);
      await client.invalidateQueries({ queryKey: ["flows"] });
      await client.resetQueries({ queryKey: ["flow", flow] });
      if (name !== flow) await navigate({ to: "/flows/$flow", params: { flow: name }, search: {} });
    },
  });
  const discard = useMutation({
    mutationFn: dropDraft,
    onSuccess: () => {
      forgetSession(flow);
      return navigate({ to: "/flows" });
    },
  });
  if (kept.isPending) return <p className="sect faint" aria-busy="true" />;
  if (!draft) return <Trouble error={error} again={again} />;
  const failed = write.error ?? discard.error;
  return (
    <section className="trouble gone" aria-label="What was not saved">
      <h1>The file was deleted</h1>
      <p className="dim">
        Another program deleted <code>{draft.path}</code>. What was written here was not saved, and is kept:
        the text as of {when(new Date(draft.kept_at), new Date())}.
      </p>
      <p className="gone-ways">
        <GoneWays
          busy={write.isPending || discard.isPending}
          onWrite={() => write.mutate(draft.text)}
          onDiscard={() => discard.mutate(draft)}
        />
      </p>
      {failed && <ProblemLine error={failed} />}
      <pre>{draft.text}</pre>
    </section>
  );
}
