import { describe, expect, it } from "vitest";
import { History } from "./history";

const insert = (at: number, text: string) => [{ from: at, to: at, insert: text }];

describe("the history of a text", () => {
  it("undoes and does again, byte for byte", () => {
    const history = new History("a: 1\r\n");
    history.change({ splices: [{ from: 3, to: 4, insert: "2" }], time: 0 });
    history.change({ splices: [...insert(0, "# x\r\n"), ...insert(6, "b: 1\r\n")], time: 10 });
    expect(history.text).toBe("# x\r\na: 2\r\nb: 1\r\n");
    history.undo();
    expect(history.text).toBe("a: 2\r\n");
    history.undo();
    expect(history.state).toEqual({ text: "a: 1\r\n", canUndo: false, canRedo: true, isDirty: false });
    expect(history.undo()).toBeNull();
    history.redo();
    history.redo();
    expect(history.text).toBe("# x\r\na: 2\r\nb: 1\r\n");
    expect(history.redo()).toBeNull();
  });

  it("takes typing together until a pause, a save, or something else", () => {
    const history = new History("");
    for (const [at, letter] of [..."word"].entries()) {
      history.change({ splices: insert(at, letter), time: at * 100, merge: "typing" });
    }
    history.change({ splices: insert(4, "s"), time: 2_000, merge: "typing" });
    history.undo();
    expect(history.text).toBe("word");
    history.undo();
    expect(history.text).toBe("");
    history.redo();
    history.change({ splices: insert(4, "!"), time: 2_100, merge: "typing" });
    history.undo();
    expect(history.text).toBe("word");
    expect(history.state.canRedo).toBe(true);
    history.change({ splices: insert(4, "?"), time: 2_200, merge: "typing" });
    history.markSaved();
    history.change({ splices: insert(5, "?"), time: 2_210, merge: "typing" });
    history.undo();
    expect(history.state).toEqual({ text: "word?", canUndo: true, canRedo: true, isDirty: false });
  });

  it("makes one step of what is done together, and none of what fails", () => {
    const history = new History("a");
    history.together(0, () => {
      history.change({ splices: insert(1, "b"), time: 0 });
      history.together(0, () => history.change({ splices: insert(0, "_"), time: 0 }));
    });
    expect(history.text).toBe("_ab");
    expect(() =>
      history.together(1, () => {
        history.change({ splices: insert(0, "x"), time: 1 });
        throw new Error("no");
      }),
    ).toThrow("no");
    expect(history.text).toBe("_ab");
    history.undo();
    expect(history.state).toEqual({ text: "a", canUndo: false, canRedo: true, isDirty: false });
  });

  it("knows whether the text is saved, wherever it was undone to", () => {
    const history = new History("a");
    history.change({ splices: insert(1, "b"), time: 0 });
    history.markSaved();
    expect(history.state.isDirty).toBe(false);
    history.undo();
    expect(history.state.isDirty).toBe(true);
    history.redo();
    expect(history.state.isDirty).toBe(false);
    history.markSaved("other");
    expect(history.state.isDirty).toBe(true);
  });
});
