// The one query client and the one live store of a window.

import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "./client";
import { Live } from "./live";

export const client = new QueryClient({
  defaultOptions: {
    queries: {
      // Answers grow old by news of the stream, not by time.
      staleTime: Number.POSITIVE_INFINITY,
      refetchOnWindowFocus: false,
      retry: (failures, error) => failures < 2 && !(error instanceof ApiError && error.problem.status < 500),
    },
  },
});

export const live = new Live(client);
