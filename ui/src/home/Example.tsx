// An example that becomes a flow of the workspace and runs, with one press.

import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useRef } from "react";
import { newFlow, startRun } from "../api/actions";
import { client } from "../api/context";
import { examples } from "../api/queries";
import { Icon } from "../parts/Icon";
import { toastError } from "../shell/toast";

export function ExampleList() {
  const known = useQuery(examples).data?.examples ?? [];
  const key = useRef(crypto.randomUUID());
  const navigate = useNavigate();
  const begin = useMutation({
    mutationFn: async (example: string) => {
      const { name } = await newFlow(example, example);
      // The file is there now, whatever becomes of the run.
      void client.invalidateQueries();
      return startRun(name, {}, `${key.current} ${name}`);
    },
    onSuccess: (run) => void navigate({ to: "/runs/$run", params: { run: run.id } }),
    onError: toastError,
  });
  return (
    <ul className="examples">
      {known.map(({ name, about }) => (
        <li key={name}>
          <code>{name}</code>
          <span className="dim">{about}</span>
          <button
            type="button"
            className="btn btn-tint"
            aria-label={`Create and run ${name}`}
            disabled={begin.isPending}
            onClick={() => begin.mutate(name)}
          >
            <Icon name="play" />
            Create and run
          </button>
        </li>
      ))}
    </ul>
  );
}
