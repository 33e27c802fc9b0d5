import { expect, it } from "vitest";
import { offerText, saveUnsaved, type Unsaved, unsavedOf } from "./unsaved";

it("tells what of a flow is not saved while its text is edited, and saves that", async () => {
  let stands: Unsaved = "none";
  let saves = 0;
  const leave = offerText("a", {
    subscribe: () => () => {},
    unsaved: () => stands,
    save: async () => {
      saves += 1;
      stands = "none";
      return "b";
    },
  });
  expect(await saveUnsaved("a")).toBe("a");
  stands = "wrong";
  expect([unsavedOf("a"), unsavedOf("another")]).toEqual(["wrong", "none"]);
  expect([await saveUnsaved("a"), saves]).toEqual(["b", 1]);
  stands = "right";
  leave();
  expect(unsavedOf("a")).toBe("none");
});
