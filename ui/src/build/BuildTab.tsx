// The flow as it is edited: its text and its canvas are two views of one document, with what is selected beside
// them and what is wrong below.

import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useCallback, useRef } from "react";
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
import { EditorContext, useEdited } from "./context";
import { FileMenu } from "./files/FileMenu";
import { FileNotices } from "./files/FileNotices";
import type { FlowFile } from "./files/flowFile";
import { Inspector } from "./inspector/Inspector";
import { ProblemsPanel } from "./ProblemsPanel";
import { forgetSession, type Session } from "./session";
import { TextEditor, type TextPlace } from "./text/TextEditor";
import { useSession } from "./useSession";

interface Props {
  detail: FlowDetail;
  /** where the page's own actions are: what is done to the file stands beside them */
  actions: HTMLElement | null;
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

function Work({ detail, actions, session }: Props & { session: Session }) {
  const { summary } = detail;
  const { name } = summary;
  const text = useRef<TextPlace | null>(null);
  const { file } = session;
  const save = useSave(name, file);
  const showLine = (line: number, column: number) => text.current?.show(line, column);
  useShortcuts([{ group: "File", keys: "Mod S", says: "Save", run: save, inFields: true }]);
  return (
    <div className="build">
      {actions && createPortal(<FileActions flow={name} save={save} />, actions)}
      <FileNotices file={file} />
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

function FileActions({ flow, save }: { flow: string; save: () => void }) {
  const isDirty = useEdited((snapshot) => snapshot.isDirty);
  return (
    <>
      <FileMenu flow={flow} isDirty={isDirty} />
      <button type="button" className="btn" disabled={!isDirty} onClick={save}>
        Save <Keys keys="Mod S" />
      </button>
    </>
  );
}

/** Writes the file, and goes where the flow is then: its text may have given it another name. */
function useSave(flow: string, file: FlowFile): () => void {
  const navigate = useNavigate();
  const client = useQueryClient();
  return useCallback(() => {
    void file.save().then(async (name) => {
      if (name === null) return;
      await client.invalidateQueries({ queryKey: ["flow", flow] });
      if (name === flow) return;
      forgetSession(flow);
      await navigate({ to: "/flows/$flow", params: { flow: name }, search: {} });
    });
  }, [flow, file, navigate, client]);
}
