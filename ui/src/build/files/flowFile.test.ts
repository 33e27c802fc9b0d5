import { expect, it } from "vitest";
import { type Elsewhere, FlowFile, type Gone, type Written } from "./flowFile";

const FILE = "name: a\none: 1\n\ntwo: 2\n\nthree: 3\n";

/** A disk with one file, and a document over it. */
function desk(text = FILE) {
  const disk = { text, version: "v1", draft: null as string | null, isThere: true };
  let mine = text;
  let saved = text;
  let count = 1;
  const file = new FlowFile(
    text,
    "v1",
    {
      text: () => mine,
      isDirty: () => mine !== saved,
      replace: (next) => {
        mine = next;
      },
      saved: (next) => {
        saved = next;
      },
    },
    {
      save: async (next, base): Promise<Written | Elsewhere | Gone> => {
        if (!disk.isThere) return { is: "gone" };
        if (base !== disk.version) return { is: "elsewhere", text: disk.text, version: disk.version };
        count += 1;
        disk.text = next;
        disk.version = `v${count}`;
        return { is: "written", version: disk.version, name: "a" };
      },
      create: async (next): Promise<Written> => {
        count += 1;
        Object.assign(disk, { text: next, version: `v${count}`, draft: null, isThere: true });
        return { is: "written", version: disk.version, name: "a" };
      },
      keepDraft: async (next) => {
        disk.draft = next;
      },
      dropDraft: async () => {
        disk.draft = null;
      },
    },
  );
  return {
    file,
    disk,
    type: (from: string, to: string) => {
      mine = mine.replace(from, to);
    },
    mine: () => mine,
    isDirty: () => mine !== saved,
    elsewhere: (from: string, to: string) => {
      disk.text = disk.text.replace(from, to);
      disk.version = `their ${from}`;
    },
  };
}

it("saves, and takes its own news for no news", async () => {
  const { file, disk, type, isDirty, mine } = desk();
  type("one: 1", "one: 11");
  const saving = file.save();
  file.arrived(mine(), "v2");
  expect(await saving).toBe("a");
  expect([disk.text, isDirty(), file.state().notice]).toEqual([mine(), false, null]);
  file.arrived(disk.text, disk.version);
  expect(file.state().notice).toBeNull();
});

it("shows at once what another program wrote, where nothing is unsaved", () => {
  const { file, disk, elsewhere, mine, isDirty } = desk();
  elsewhere("two: 2", "two: 22");
  file.arrived(disk.text, disk.version);
  expect([mine(), isDirty(), file.state().notice]).toEqual([disk.text, false, "reread"]);
});

it("joins changes of different lines, also when they are met by saving", async () => {
  const { file, disk, type, elsewhere, mine, isDirty } = desk();
  type("one: 1", "one: 11");
  elsewhere("three: 3", "three: 33");
  expect(await file.save()).toBe("a");
  expect(disk.text).toBe("name: a\none: 11\n\ntwo: 2\n\nthree: 33\n");
  expect([mine(), isDirty(), file.state().notice]).toEqual([disk.text, false, "merged"]);
});

it("shows both sides of what both changed, writes nothing meanwhile, and takes what is decided", async () => {
  const { file, disk, type, elsewhere, mine } = desk();
  type("one: 1", "one: mine");
  elsewhere("one: 1", "one: theirs");
  expect(await file.save()).toBeNull();
  expect(disk.text).toContain("one: theirs");
  expect(mine()).toContain("one: mine");
  const conflicts = file.state().conflict?.regions.filter((region) => region.kind === "conflict");
  expect(conflicts).toEqual([
    { kind: "conflict", base: "one: 1\n", mine: "one: mine\n", theirs: "one: theirs\n" },
  ]);
  expect(await file.save()).toBeNull();
  type("two: 2", "two: later");
  file.decide(["theirs"]);
  expect(mine()).toContain("one: mine");
  expect(file.state().conflict).not.toBeNull();
  file.decide(["both"]);
  expect(mine()).toContain("two: later");
  expect(mine()).toContain("one: mine\none: theirs\n");
  expect(await file.save()).toBe("a");
  expect(disk.text).toBe(mine());
});

it("shows the places as they are after more was typed", async () => {
  const { file, type, elsewhere, mine } = desk();
  type("one: 1", "one: mine");
  elsewhere("one: 1", "one: theirs");
  await file.save();
  type("one: mine", "one: mine and more");
  file.meetAgain();
  expect(file.state().conflict?.mine).toBe(mine());
  file.decide(["mine"]);
  expect([file.state().conflict, mine().includes("one: mine and more")]).toEqual([null, true]);
});

it("writes a file again that was deleted while both sides stood", async () => {
  const { file, disk, type, elsewhere, mine } = desk();
  type("one: 1", "one: mine");
  elsewhere("one: 1", "one: theirs");
  await file.save();
  disk.isThere = false;
  file.vanished();
  expect(await file.writeAgain()).toBe("a");
  expect(disk.text).toBe(mine());
});

it("keeps drafts in order and drops them once", async () => {
  const { file, disk } = desk();
  file.keep("half");
  file.keep("more");
  await new Promise((done) => setTimeout(done));
  expect(disk.draft).toBe("more");
  file.keep(null);
  await new Promise((done) => setTimeout(done));
  expect(disk.draft).toBeNull();
});

it("brings a draft back, and lets go of it", () => {
  const { file, mine, isDirty } = desk();
  file.restore(FILE.replace("two: 2", "two: half"), { text: FILE, version: "v1" });
  expect([mine().includes("two: half"), isDirty(), file.state().notice]).toEqual([true, true, "draft"]);
  file.discard();
  expect([mine(), isDirty(), file.state().notice]).toEqual([FILE, false, null]);
});

it("joins a draft with a file that went on, and shows both where it cannot", () => {
  const first = desk();
  const base = { text: FILE.replace("three: 3", "three: old"), version: "v0" };
  first.file.restore(base.text.replace("one: 1", "one: half"), base);
  expect(first.mine()).toBe(FILE.replace("one: 1", "one: half"));
  const second = desk();
  second.file.restore(FILE.replace("one: 1", "one: half"), null);
  expect(second.file.state().conflict?.theirs).toBe(FILE);
  expect(second.mine()).toContain("one: half");
});

it("says why a save was not written, and keeps the text", async () => {
  const failing = new FlowFile(
    FILE,
    "v1",
    { text: () => "mine", isDirty: () => true, replace: () => {}, saved: () => {} },
    {
      save: () => Promise.reject(new Error("the disk is full")),
      create: () => Promise.reject(new Error("the disk is full")),
      keepDraft: async () => {},
      dropDraft: async () => {},
    },
  );
  expect(await failing.save()).toBeNull();
  expect(failing.state()).toMatchObject({ isSaving: false, error: new Error("the disk is full") });
});

it("keeps what is not saved of a file that was deleted, and writes it again when asked", async () => {
  const { file, disk, type, mine, isDirty } = desk();
  type("one: 1", "one: 11");
  disk.isThere = false;
  file.vanished();
  expect(file.state()).toMatchObject({ gone: "deleted", error: null });
  await new Promise((done) => setTimeout(done));
  expect(disk.draft).toBe(mine());
  expect(await file.save()).toBeNull();
  expect([file.state().gone, disk.isThere]).toEqual(["refused", false]);
  expect(await file.writeAgain()).toBe("a");
  expect([disk.text, isDirty(), file.state().gone]).toEqual([mine(), false, null]);
  type("two: 2", "two: 22");
  expect(await file.save()).toBe("a");
});

it("meets a deletion by saving, and forgets it when the file comes back", async () => {
  const { file, disk, type } = desk();
  type("one: 1", "one: 11");
  disk.isThere = false;
  expect(await file.save()).toBeNull();
  expect(file.state()).toMatchObject({ gone: "refused", error: null, isSaving: false });
  await new Promise((done) => setTimeout(done));
  expect(disk.draft).toContain("one: 11");
  file.arrived(disk.text, disk.version);
  expect(file.state().gone).toBeNull();
});
