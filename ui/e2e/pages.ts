// Every page of the studio, in the states that differ to the eye.

import type { Page } from "playwright-core";
import { shown } from "./browser";
import type { Scene } from "./scene";

export interface Place {
  /** its name in tests and pictures */
  name: string;
  path: (scene: Scene) => string;
  /** what a person does there before the page looks so */
  act?: (page: Page) => Promise<void>;
}

export const PAGES: readonly Place[] = [
  { name: "home", path: () => "/" },
  { name: "flows", path: () => "/flows" },
  { name: "flow", path: () => "/flows/log-report" },
  {
    name: "flow-steps",
    path: () => "/flows/log-report",
    act: async (page) => {
      await page.getByRole("button", { name: "Step list" }).click();
      await shown(page.getByRole("treeitem"));
    },
  },
  {
    name: "flow-add-task",
    path: () => "/flows/log-report",
    act: async (page) => {
      await page.getByRole("button", { name: /^Add task/ }).click();
      await shown(page.getByRole("option", { name: /python/ }));
    },
  },
  { name: "flow-runs", path: () => "/flows/weather?tab=runs" },
  { name: "flow-schedule", path: () => "/flows/nightly?tab=schedule" },
  { name: "flow-versions", path: () => "/flows/weather?tab=versions" },
  { name: "flow-with-mistakes", path: () => "/flows/wrong" },
  { name: "runs", path: () => "/runs" },
  { name: "run", path: ({ runs }) => `/runs/${runs.completed.id}` },
  { name: "run-branching", path: ({ runs }) => `/runs/${runs.branching.id}` },
  { name: "run-failed", path: ({ runs }) => `/runs/${runs.failed.id}` },
  {
    name: "run-failed-task",
    path: ({ runs }) => `/runs/${runs.failed.id}`,
    act: async (page) => {
      await page.getByRole("treeitem", { name: /load/ }).click();
      await shown(page.getByRole("region", { name: "Error" }));
    },
  },
  {
    name: "run-mapped",
    path: ({ runs }) => `/runs/${runs.mapped.id}`,
    act: async (page) => {
      await page.getByRole("tab", { name: /Tasks/ }).click();
      await shown(page.getByRole("treegrid", { name: "Task runs" }).getByRole("row").nth(1));
    },
  },
  { name: "run-cached", path: ({ runs }) => `/runs/${runs.cached.id}` },
  { name: "run-open", path: ({ runs }) => `/runs/${runs.open.id}` },
  {
    name: "run-answer",
    path: ({ runs }) => `/runs/${runs.open.id}`,
    act: async (page) => {
      await page.keyboard.press("a");
      await shown(page.getByRole("dialog"));
    },
  },
  { name: "run-cancelled", path: ({ runs }) => `/runs/${runs.cancelled.id}` },
  { name: "run-crashed", path: ({ runs }) => `/runs/${runs.crashed.id}` },
  { name: "run-running", path: ({ runs }) => `/runs/${runs.running.id}` },
  { name: "compare", path: ({ runs }) => `/runs/${runs.earlier.id}/compare/${runs.completed.id}` },
  { name: "activity", path: () => "/activity" },
  { name: "settings", path: () => "/settings" },
  { name: "nothing", path: () => "/nowhere" },
  {
    name: "palette",
    path: () => "/",
    act: async (page) => {
      await page.keyboard.press("Control+k");
      await page.keyboard.type("weath");
      await shown(page.getByRole("option", { name: /weather/ }));
    },
  },
  {
    name: "keys",
    path: () => "/runs",
    act: async (page) => {
      await page.keyboard.press("?");
      await shown(page.getByRole("dialog"));
    },
  },
  {
    name: "run-form",
    path: () => "/flows/nightly",
    act: async (page) => {
      await page.keyboard.press("Control+Enter");
      await page.getByRole("dialog").getByLabel(/year/).fill("1999");
      await page.keyboard.press("Control+Enter");
      await shown(page.getByRole("dialog").getByText(/2000/));
    },
  },
];
