// The addresses. Pages load when they are first gone to.

import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { readActivitySearch } from "./activity/search";
import { readFlowSearch } from "./flow/search";
import { readRunFilters } from "./runs/filters";
import { NotFound } from "./shell/NotFound";
import { Shell } from "./shell/Shell";
import { parseSearch, stringifySearch } from "./shell/search";
import { PageTrouble } from "./shell/Trouble";

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  component: lazyRouteComponent(() => import("./home/HomePage"), "HomePage"),
});

const flows = createRoute({
  getParentRoute: () => root,
  path: "/flows",
  component: lazyRouteComponent(() => import("./flow/FlowsPage"), "FlowsPage"),
});

const flow = createRoute({
  getParentRoute: () => root,
  path: "/flows/$flow",
  validateSearch: readFlowSearch,
  component: lazyRouteComponent(() => import("./flow/FlowPage"), "FlowPage"),
});

const runs = createRoute({
  getParentRoute: () => root,
  path: "/runs",
  validateSearch: readRunFilters,
  component: lazyRouteComponent(() => import("./runs/RunsPage"), "RunsPage"),
});

const run = createRoute({
  getParentRoute: () => root,
  path: "/runs/$run",
  component: lazyRouteComponent(() => import("./run/RunRoute"), "RunRoute"),
});

const compare = createRoute({
  getParentRoute: () => root,
  path: "/runs/$run/compare/$other",
  component: lazyRouteComponent(() => import("./compare/CompareRoute"), "CompareRoute"),
});

const activity = createRoute({
  getParentRoute: () => root,
  path: "/activity",
  validateSearch: readActivitySearch,
  component: lazyRouteComponent(() => import("./activity/ActivityPage"), "ActivityPage"),
});

const settings = createRoute({
  getParentRoute: () => root,
  path: "/settings",
  component: lazyRouteComponent(() => import("./settings/SettingsPage"), "SettingsPage"),
});

export const router = createRouter({
  routeTree: root.addChildren([home, flows, flow, runs, run, compare, activity, settings]),
  defaultErrorComponent: PageTrouble,
  defaultPreload: "intent",
  defaultPreloadStaleTime: 0,
  scrollRestoration: false,
  parseSearch,
  stringifySearch,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
