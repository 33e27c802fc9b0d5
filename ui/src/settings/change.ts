// Writes one thing of the settings, then asks for the list anew.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { path, send } from "../api/client";
import { toast, toastError } from "../shell/toast";

type What = "settings" | "vars" | "secrets" | "limits";

/** `body` undefined takes the thing away. */
export interface Change {
  name: string;
  body?: unknown;
}

const SAID: Record<What, { put: string; taken: string }> = {
  settings: { put: "is set", taken: "is at its default again" },
  vars: { put: "is set", taken: "is removed" },
  secrets: { put: "is sealed", taken: "is removed" },
  limits: { put: "is set", taken: "is removed" },
};

export function useChange(what: What) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ name, body }: Change) =>
      body === undefined
        ? send<unknown>("DELETE", `/${what}${path`/${name}`}`)
        : send<unknown>("PUT", `/${what}${path`/${name}`}`, body),
    onSuccess: (_, { name, body }) =>
      toast({ text: `${name} ${body === undefined ? SAID[what].taken : SAID[what].put}`, icon: "check" }),
    onError: toastError,
    onSettled: () => client.invalidateQueries({ queryKey: [what] }),
  });
}
