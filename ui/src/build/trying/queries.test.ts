import { expect, it } from "vitest";
import type { FlowSnapshot } from "../context";
import { rightText } from "./queries";

const said = (severity: "error" | "warning" | null): FlowSnapshot =>
  ({
    report: { problems: severity === null ? [] : [{ severity }], graph: null },
    reported: "name: a",
  }) as unknown as FlowSnapshot;

it("asks of a text only once it has no mistakes", () => {
  expect(rightText(said(null))).toBe("name: a");
  expect(rightText(said("warning"))).toBe("name: a");
  expect(rightText(said("error"))).toBeNull();
  expect(rightText({ ...said(null), report: null } as FlowSnapshot)).toBeNull();
});
