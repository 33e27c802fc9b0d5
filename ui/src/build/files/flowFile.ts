// The file of a flow that is being edited: saving it, keeping what is not saved, and what happens when another
// program writes it. Nothing that a person wrote is lost: two changes of different lines become one text, two of
// the same lines are shown side by side.

import { type Merged, merge, type Region, type Side, settle } from "../../edit/merge";

/** What is done with the file, by the engine. */
export interface FileEngine {
  /** writes the text where the file still is the version `base`, else tells what stands there now */
  save(text: string, base: string): Promise<Written | Elsewhere | Gone>;
  /** writes the text as a new file in the place of one that was deleted */
  create(text: string): Promise<Written>;
  keepDraft(text: string, base: string): Promise<void>;
  dropDraft(): Promise<void>;
}

export interface Written {
  readonly is: "written";
  readonly version: string;
  /** the flow's name, which the text may have changed */
  readonly name: string;
}

export interface Elsewhere {
  readonly is: "elsewhere";
  readonly text: string;
  readonly version: string;
}

/** Another program deleted the file. */
export interface Gone {
  readonly is: "gone";
}

/** The document that is edited, as far as the file is concerned. */
export interface Edited {
  text(): string;
  isDirty(): boolean;
  /** takes a text as one step that can be undone */
  replace(text: string): void;
  /** this text is on the disk now */
  saved(text: string): void;
}

/** Both changed the same lines: the person says what is to stand. */
export interface Conflict {
  readonly regions: readonly Region[];
  readonly mine: string;
  /** what stands in the file */
  readonly theirs: string;
  readonly version: string;
}

export interface FileState {
  readonly isSaving: boolean;
  readonly conflict: Conflict | null;
  /** another program deleted the file; `refused`: and it was to be saved since */
  readonly gone: "deleted" | "refused" | null;
  /** what was done without being asked, until it has been read */
  readonly notice: "merged" | "reread" | "draft" | null;
  /** why the last save or draft was not written */
  readonly error: unknown;
}

const CALM: FileState = { isSaving: false, conflict: null, gone: null, notice: null, error: null };

export class FlowFile {
  private readonly engine: FileEngine;
  private readonly edited: Edited;
  private readonly listeners = new Set<() => void>();
  /** the text and version that the edited text goes back to */
  private base: { readonly text: string; readonly version: string };
  private writing: string | null = null;
  private current: FileState = CALM;
  private drafts: Promise<void> = Promise.resolve();
  private hasDraft = false;

  constructor(text: string, version: string, edited: Edited, engine: FileEngine) {
    this.base = { text, version };
    this.edited = edited;
    this.engine = engine;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly state = (): FileState => this.current;

  get version(): string {
    return this.base.version;
  }

  /**
   * Writes the text to the disk; the flow's name then, `null` where it is not written. A file that was deleted is
   * not written again unasked: somebody meant it.
   */
  async save(): Promise<string | null> {
    if (this.current.gone) {
      this.set({ gone: "refused" });
      return null;
    }
    return this.saving(() => this.write(1));
  }

  /** Writes the text as a new file, after the file was deleted; the flow's name then. */
  async writeAgain(): Promise<string | null> {
    return this.saving(async () => {
      const text = this.edited.text();
      this.writing = text;
      return this.written(text, await this.engine.create(text));
    });
  }

  private async saving(write: () => Promise<string | null>): Promise<string | null> {
    if (this.current.isSaving || this.current.conflict) return null;
    this.set({ isSaving: true, error: null });
    try {
      return await write();
    } catch (error) {
      this.set({ error });
      return null;
    } finally {
      this.writing = null;
      this.set({ isSaving: false });
    }
  }

  private async write(again: number): Promise<string | null> {
    const text = this.edited.text();
    this.writing = text;
    const answer = await this.engine.save(text, this.base.version);
    if (answer.is === "written") return this.written(text, answer);
    this.writing = null;
    if (answer.is === "gone") {
      this.vanished();
      this.set({ gone: "refused" });
      return null;
    }
    this.meet(answer.text, answer.version);
    return this.current.conflict || again === 0 ? null : this.write(again - 1);
  }

  private written(text: string, { version, name }: Written): string {
    this.base = { text, version };
    this.hasDraft = false;
    this.edited.saved(text);
    this.set({ gone: null, notice: this.current.notice === "draft" ? null : this.current.notice });
    return name;
  }

  /** There is no such file any more, whoever deleted it. What is not saved is kept. */
  vanished(): void {
    if (this.writing !== null || this.current.gone) return;
    // What stood on the other side is not there any more.
    this.set({ gone: "deleted", conflict: null });
    if (this.edited.isDirty()) this.keep(this.edited.text());
  }

  /** The file is this now, whoever wrote it. */
  arrived(text: string, version: string): void {
    if (this.current.gone) this.set({ gone: null });
    if (version === this.base.version || text === this.writing) return;
    if (this.current.conflict?.version === version) return;
    if (this.edited.isDirty()) {
      this.meet(text, version);
      return;
    }
    this.base = { text, version };
    this.edited.replace(text);
    this.edited.saved(text);
    this.set({ notice: "reread", conflict: null });
  }

  /** What was not saved when the window went: it comes back as a step that can be undone. */
  restore(text: string, base: { readonly text: string; readonly version: string } | null): void {
    this.hasDraft = true;
    const file = this.base;
    if (text === file.text) {
      this.keep(null);
      return;
    }
    if (base && base.version === file.version) {
      this.edited.replace(text);
      this.set({ notice: "draft" });
      return;
    }
    // The file went on without it. Of a base that nobody knows any more, both texts are shown whole.
    this.join(merge(base?.text ?? "", text, file.text), file.text, file.version, text);
    if (!this.current.conflict) this.set({ notice: "draft" });
  }

  /** Throws away what is not saved: the file's text again. */
  discard(): void {
    this.edited.replace(this.base.text);
    this.edited.saved(this.base.text);
    this.keep(null);
    this.set({ notice: null });
  }

  /** Looks at the places anew before they are shown: the text may have been typed on since they were met. */
  meetAgain(): void {
    const { conflict } = this.current;
    if (conflict && this.edited.text() !== conflict.mine) this.meet(conflict.theirs, conflict.version);
  }

  /** Decides the places that both changed. What comes of it is not saved yet. */
  decide(sides: readonly Side[]): void {
    const { conflict } = this.current;
    if (!conflict) return;
    if (this.edited.text() !== conflict.mine) {
      // It was edited meanwhile: what was decided is of another text.
      this.meet(conflict.theirs, conflict.version);
      return;
    }
    this.take(settle(conflict.regions, sides), conflict.theirs, conflict.version);
    this.set({ conflict: null, notice: "merged" });
  }

  /** Keeps what is not saved where a crash does not lose it; `null`: all is saved. */
  keep(text: string | null): void {
    if (text === null && !this.hasDraft) return;
    this.hasDraft = text !== null;
    const { version } = this.base;
    const write = () => (text === null ? this.engine.dropDraft() : this.engine.keepDraft(text, version));
    // One after the other, so that an older text never follows a newer one.
    this.drafts = this.drafts.then(write).catch((error: unknown) => this.set({ error }));
  }

  heard(): void {
    this.set({ notice: null, error: null });
  }

  /** What kept the last save or draft from being written is over. */
  overcome(): void {
    this.set({ error: null });
  }

  private meet(theirs: string, version: string): void {
    const mine = this.edited.text();
    this.join(merge(this.base.text, mine, theirs), theirs, version, mine);
  }

  private join(merged: Merged, theirs: string, version: string, mine: string): void {
    if (merged.text === null) {
      if (this.edited.text() !== mine) this.edited.replace(mine);
      this.set({ conflict: { regions: merged.regions, mine, theirs, version }, notice: null });
      return;
    }
    this.take(merged.text, theirs, version);
    this.set({ conflict: null, notice: "merged" });
  }

  private take(text: string, theirs: string, version: string): void {
    this.base = { text: theirs, version };
    this.edited.replace(text);
    this.edited.saved(theirs);
  }

  private set(change: Partial<FileState>): void {
    this.current = { ...this.current, ...change };
    for (const listener of this.listeners) listener();
  }
}
