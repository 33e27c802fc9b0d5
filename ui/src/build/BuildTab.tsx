// The flow as it is edited: its text and its canvas are two views of one document, with what is selected beside
// them and what is wrong below.

import { type ReactNode, useRef } from "react";
import { createPortal } from "react-dom";
import type { FlowDetail } from "../api/types";
import { fileName } from "../flow/fileName";
import { Keys } from "../shell/Keys";
import { Split } from "../shell/Split";
import { useShortcuts } from "../shell/shortcuts";
import { Trouble } from "../shell/Trouble";
import { Banner } from "./Banner";
import "./build.css";
import { CanvasSide } from "./canvas/CanvasSide";
import { EditorContext, useEdited, useEditor } from "./context";
import { Inspector } from "./inspector/Inspector";
import { ProblemsPanel } from "./ProblemsPanel";
import type { FlowFile, Session } from "./session";
import { TextEditor, type TextPlace } from "./text/TextEditor";
import { useSession } from "./useSession";

interface Props {
  detail: FlowDetail;
  /** where the page's own actions are: what is done to the file stands beside them */
  actions: HTMLElement | null;
  /** what looks after the file, and what it has to say above the work */
  file?: FlowFile;
  notices?: ReactNode;
}

export function BuildTab(props: Props) {
  const { session, error } = useSession(props.detail);
  if (!session) return error ? <Trouble error={error} /> : <p className="sect faint" aria-busy="true" />;
  return (
    <EditorContext value={session.editor}>
      <Work key={props.detail.summary.name} session={session} {...props} />
    </EditorContext>
  );
}

function Work({ detail, actions, file, notices, session }: Props & { session: Session }) {
  const { summary } = detail;
  const { name } = summary;
  const editor = useEditor();
  const text = useRef<TextPlace | null>(null);
  session.file = file ?? null;
  const save = () => file?.save(editor);
  const showLine = (line: number, column: number) => text.current?.show(line, column);
  useShortcuts(file ? [{ group: "File", keys: "Mod S", says: "Save", run: save, inFields: true }] : []);
  return (
    <div className="build">
      {actions && file && createPortal(<SaveButton save={save} />, actions)}
      {notices}
      <Split
        name="build-sides"
        parts={[
          {
            id: "work",
            min: 480,
            content: (
              <div className="build-main">
                <div className="build-work">
                  <Split
                    name="build"
                    parts={[
                      {
                        id: "text",
                        size: "40%",
                        min: 240,
                        content: (
                          <section className="panel build-text" aria-label="Text">
                            <div className="panel-h">
                              <code className="cut" title={summary.file ?? undefined}>
                                {fileName(summary)}
                              </code>
                              <Dirty />
                            </div>
                            <TextEditor label={`The text of ${name}`} place={text} onSave={save} />
                          </section>
                        ),
                      },
                      {
                        id: "canvas",
                        min: 320,
                        content: (
                          <section className="panel build-canvas" aria-label="Canvas">
                            <Banner onShow={showLine} />
                            <CanvasSide flow={name} />
                          </section>
                        ),
                      },
                    ]}
                  />
                </div>
                <ProblemsPanel onShow={showLine} />
              </div>
            ),
          },
          { id: "inspector", size: 344, min: 260, content: <Inspector flow={name} /> },
        ]}
      />
    </div>
  );
}

function Dirty() {
  const isDirty = useEdited((snapshot) => snapshot.isDirty);
  return <span className="faint">{isDirty ? "not saved" : ""}</span>;
}

function SaveButton({ save }: { save: () => void }) {
  const isDirty = useEdited((snapshot) => snapshot.isDirty);
  return (
    <button type="button" className="btn" disabled={!isDirty} onClick={save}>
      Save <Keys keys="Mod S" />
    </button>
  );
}
