import { expect, it } from "vitest";
import { parse } from "yaml";
import { beginningText } from "./beginning";

it("puts a command into a flow as it was pasted", () => {
  for (const command of [
    "rsync -a data/ backup/",
    "#!/bin/sh\nset -e\n\nif true; then\n\techo 'it: # works'\nfi",
    "  indented first\nthen not",
    "echo {{ not an expression }}",
    "echo \"quotes\" 'and' \\ back",
  ]) {
    const text = beginningText("command", "a", `\n${command}\n\n`);
    const flow: unknown = parse(text ?? "");
    expect(flow).toEqual({ name: "a", tasks: { run: { shell: command } } });
  }
});

it("leaves an example to the engine", () => {
  expect(beginningText("map", "a", "")).toBeNull();
  expect(parse(beginningText("empty", "a", "") ?? "")).toMatchObject({ name: "a" });
});
