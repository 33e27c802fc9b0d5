// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import {
  createMemoryHistory,
  createRootRoute,
  createRouter,
  type RegisteredRouter,
  RouterProvider,
} from "@tanstack/react-router";
import { cleanup, render } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import type { Broken } from "../api/types";
import { BrokenList } from "./Broken";

afterEach(cleanup);
// The router scrolls to the top, which the document here cannot.
vi.stubGlobal("scrollTo", () => {});

function broken(kind: Broken["kind"], next_step: Broken["next_step"], state: Broken["run"]["state"]): Broken {
  const run = { id: `id-of-${kind}`, name: "calm-fjord", state } as Broken["run"];
  return {
    kind,
    flow: kind,
    run,
    reason: `why it is ${kind}`,
    count: 3,
    since: "2026-03-26T08:20:00Z",
    next_step,
  };
}

async function shown(...list: Broken[]) {
  const now = new Date("2026-03-26T08:52:00Z");
  const route = createRootRoute({ component: () => <BrokenList broken={list} now={now} /> });
  const router = createRouter({ routeTree: route, history: createMemoryHistory() });
  await router.load();
  const { findAllByRole } = render(
    <QueryClientProvider client={new QueryClient()}>
      <RouterProvider router={router as unknown as RegisteredRouter} />
    </QueryClientProvider>,
  );
  return findAllByRole("article");
}

const told = (one: HTMLElement | undefined) => ({
  word: one?.querySelector(".w")?.textContent,
  acts: [...(one?.querySelectorAll(".acts > *") ?? [])].map((act) => act.textContent),
  like: one?.querySelector(".why a")?.getAttribute("href"),
});

test("each way not to be as expected has its word, what is done about it, and the runs of the like", async () => {
  const [failed, crashed, abandoned, slow, asks] = await shown(
    broken("failed", "retry", "Failed"),
    broken("crashed", "retry", "Crashed"),
    { ...broken("crashed", "carry-on", "AwaitingRetry"), flow: "abandoned" },
    broken("slow", "look", "Running"),
    broken("approval", "answer", "Paused"),
  );
  expect(told(failed)).toMatchObject({ word: "failed", acts: ["Retry from failed", "Open run"] });
  expect(told(failed).like).toContain("flow=failed&state=");
  expect(told(crashed)).toMatchObject({ word: "crashed", acts: ["Retry from failed", "Open run"] });
  expect(told(abandoned)).toMatchObject({ word: "crashed", acts: ["Carry on", "Open run"] });
  expect(told(slow)).toMatchObject({ word: "is slower than usual", acts: ["Open run"] });
  expect(told(asks)).toMatchObject({ word: "waits for an answer", acts: ["Answer…"] });
});

test("a run whose time was over did not just fail", async () => {
  const [late] = await shown(broken("failed", "retry", "TimedOut"));
  expect(told(late).word).toBe("timed out");
});
