// @vitest-environment jsdom
import { readFileSync } from "node:fs";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { readLanguage } from "../../edit/language";
import { EditorContext, type FlowEditor } from "../context";
import { Editor } from "../editor";
import { LastOutput } from "./LastOutput";

const language = readLanguage(JSON.parse(readFileSync("../docs/flow.schema.json", "utf8")));

let editor: FlowEditor;

beforeEach(() => {
  vi.stubGlobal("fetch", () => new Promise(() => {}));
  editor = new Editor("name: a\ntasks:\n  one: { value: 1 }\n  two: { value: 2 }\n", language, {
    check: () => new Promise(() => {}),
    keep: () => {},
  });
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

/** The outputs of the tasks `one` and `two`, which are pinned. */
function shown() {
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY } } });
  const pinned = (task: string) => ({ task, output: [task], pinned_at: "2026-01-01T00:00:00Z" });
  client.setQueryData(["flow", "a", "pins"], { pins: [pinned("one"), pinned("two")] });
  const of = (task: string) => (
    <QueryClientProvider client={client}>
      <EditorContext value={editor}>
        <LastOutput key={task} flow="a" task={task} />
      </EditorContext>
    </QueryClientProvider>
  );
  const { rerender } = render(of("one"));
  return { select: (task: string) => rerender(of(task)) };
}

const field = () => screen.queryByLabelText<HTMLTextAreaElement>(/The pinned output/);

it("keeps what is written of a pin while another task is looked at", () => {
  const { select } = shown();
  fireEvent.click(screen.getByRole("button", { name: "Edit" }));
  expect(document.activeElement).toBe(field());
  fireEvent.change(field() as HTMLTextAreaElement, { target: { value: '["half' } });
  select("two");
  expect(field()).toBeNull();
  select("one");
  expect(field()?.value).toBe('["half');
  fireEvent.click(screen.getByRole("button", { name: "Cancel" }));
  expect(field()).toBeNull();
  expect(document.activeElement).toBe(screen.getByRole("button", { name: "Unpin" }));
  fireEvent.click(screen.getByRole("button", { name: "Edit" }));
  expect(field()?.value).toContain('"one"');
});
