// The flow as it is edited: its text and its canvas are two views of one document, with what is selected beside
// them and what is wrong below.

import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useCallback, useRef, useState } from "react";
import { createPortal } from "react-dom";
import type { FlowDetail } from "../api/types";
import { fileName } from "../flow/fileName";
import { BuildGuide } from "../guide/BuildGuide";
import { leaveGuide, openGuide, renameGuided, useGuided } from "../guide/guide";
import { usePageCommands } from "../palette/commands";
import { Icon } from "../parts/Icon";
import { Keys } from "../shell/Keys";
import { Split } from "../shell/Split";
import { useShortcuts } from "../shell/shortcuts";
import { Trouble } from "../shell/Trouble";
import { Banner } from "./Banner";
import "./build.css";
import { EditorContext, useEdited } from "./context";
import { FileMenu } from "./files/FileMenu";
import { FileNotices } from "./files/FileNotices";
import type { FlowFile } from "./files/flowFile";
import { Inspector } from "./inspector/Inspector";
import { ProblemsPanel } from "./ProblemsPanel";
import { forgetSession, type Session } from "./session";
import { TextEditor, type TextPlace } from "./text/TextEditor";
import { useSession } from "./useSession";
import { BuildView, useBuildView, useViewed, ViewContext } from "./view";

// The layout engine is large; it comes with the first canvas.
const CanvasSide = lazy(() => import("./canvas/CanvasSide").then((file) => ({ default: file.CanvasSide })));

interface Props {
  detail: FlowDetail;
  /** its file is not there any more; the detail is as of before */
  isGone: boolean;
  /** where the page's own actions are: what is done to the file stands beside them */
  actions: HTMLElement | null;
}

export function BuildTab(props: Props) {
  const { session, error } = useSession(props.detail, props.isGone);
  const [view] = useState(() => new BuildView());
  if (!session) return error ? <Trouble error={error} /> : <p className="sect faint" aria-busy="true" />;
  return (
    <EditorContext value={session.editor}>
      <ViewContext value={view}>
        <Work session={session} {...props} />
      </ViewContext>
    </EditorContext>
  );
}

function Work({ detail, actions, session }: Props & { session: Session }) {
  const { summary } = detail;
  const { name } = summary;
  const view = useBuildView();
  const sides = useViewed((state) => state.sides);
  const text = useRef<TextPlace | null>(null);
  const { file } = session;
  const guided = useGuided(name);
  const save = useWriting(
    name,
    useCallback(() => file.save(), [file]),
  );
  const writeAgain = useWriting(
    name,
    useCallback(() => file.writeAgain(), [file]),
  );
  const leave = useLeaving(name, file);
  const showLine = (line: number, column: number) => {
    if (view.state().sides === "canvas") view.set({ sides: "both" });
    // The text may only come up with this press.
    setTimeout(() => text.current?.show(line, column));
  };
  usePageCommands(() => [
    guided
      ? { id: "guide", title: "Leave the guide", icon: "x", run: leaveGuide }
      : { id: "guide", title: "Open the guide", icon: "info", run: () => openGuide(name) },
  ]);
  useShortcuts([{ group: "File", keys: "Mod S", says: "Save", run: save, inFields: true }]);
  return (
    <div className="build">
      {actions &&
        createPortal(
          <>
            <Sides />
            <FileActions flow={name} save={save} />
          </>,
          actions,
        )}
      <FileNotices file={file} onWriteAgain={writeAgain} onLeave={leave} />
      <Split
        name="build-sides"
        parts={[
          guided && {
            id: "guide",
            size: 264,
            min: 200,
            content: <BuildGuide flow={name} file={detail} guided={guided} save={save} />,
          },
          {
            id: "work",
            label: "the flow",
            min: 480,
            content: (
              <div className="build-main">
                <div className="build-work">
                  <Split
                    name="build"
                    parts={[
                      sides === "canvas"
                        ? null
                        : {
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
                      sides === "text"
                        ? null
                        : {
                            id: "canvas",
                            min: 320,
                            content: (
                              <section className="panel build-canvas" aria-label="Canvas">
                                <Banner onShow={showLine} />
                                <Suspense
                                  fallback={<p className="faint sect" role="status" aria-busy="true" />}
                                >
                                  <CanvasSide flow={name} onShow={showLine} />
                                </Suspense>
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
          {
            id: "inspector",
            size: 344,
            min: 260,
            content: (
              <div className="build-part" data-part="inspector">
                <Inspector flow={name} />
              </div>
            ),
          },
        ]}
      />
    </div>
  );
}

function Dirty() {
  const isDirty = useEdited((snapshot) => snapshot.isDirty);
  return <span className="faint">{isDirty ? "not saved" : ""}</span>;
}

const SIDES = [
  { sides: "text", icon: "code", label: "Text" },
  { sides: "both", icon: "split", label: "Text and canvas" },
  { sides: "canvas", icon: "flows", label: "Canvas" },
] as const;

/** Which of the two views are shown. */
function Sides() {
  const view = useBuildView();
  const at = useViewed((state) => state.sides);
  return (
    <fieldset className="joined build-sides" aria-label="What is shown">
      {SIDES.map(({ sides, icon, label }) => (
        <button
          key={sides}
          type="button"
          className="btn btn-icon"
          aria-label={label}
          title={label}
          aria-pressed={at === sides}
          onClick={() => view.set({ sides })}
        >
          <Icon name={icon} />
        </button>
      ))}
    </fieldset>
  );
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
function useWriting(flow: string, write: () => Promise<string | null>): () => void {
  const navigate = useNavigate();
  const client = useQueryClient();
  return useCallback(() => {
    void write().then(async (name) => {
      if (name === null) return;
      await client.invalidateQueries({ queryKey: ["flow", flow] });
      if (name === flow) return;
      renameGuided(flow, name);
      forgetSession(flow);
      await navigate({ to: "/flows/$flow", params: { flow: name }, search: {} });
    });
  }, [flow, write, navigate, client]);
}

/** Lets go of a file that was deleted, and of what was not saved of it. */
function useLeaving(flow: string, file: FlowFile): () => void {
  const navigate = useNavigate();
  const client = useQueryClient();
  return () => {
    file.discard();
    forgetSession(flow);
    client.removeQueries({ queryKey: ["flow", flow] });
    void client.invalidateQueries({ queryKey: ["flows"] });
    void navigate({ to: "/flows" });
  };
}
