// What runs the code of a kind on this machine, as far as it was looked for.

import { useQuery } from "@tanstack/react-query";
import { doctor } from "../../api/queries";
import { Said } from "../../parts/Said";

export function Interpreter({ kind }: { kind: string }) {
  const answer = useQuery({ ...doctor, staleTime: 60_000 });
  const found = answer.data?.findings.find(({ name }) => name === kind);
  if (!found) return null;
  return (
    <p className="under faint cut" title={found.mend ?? undefined}>
      {found.ok ? found.found : <Said text={found.mend ?? found.found} />}
    </p>
  );
}
