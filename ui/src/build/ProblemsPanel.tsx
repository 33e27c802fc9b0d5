// What is wrong with the flow, and what is looked for in it: each with its line, and a press leads to the line
// and selects the task.

import { useDeferredValue, useId, useMemo, useState } from "react";
import type { Diagnostic } from "../api/types";
import { count } from "../parts/format";
import { Icon } from "../parts/Icon";
import { Said } from "../parts/Said";
import { signOf } from "../parts/severity";
import { type FlowEditor, useEdited, useEditor } from "./context";
import { pathText } from "./editor";
import { taskAround } from "./extents";

interface Props {
  onShow: (line: number, column: number) => void;
}

type Tab = "problems" | "find";

const NONE: readonly Diagnostic[] = [];
/** So many places are listed of what is looked for. */
const MOST_FOUND = 200;

export function ProblemsPanel({ onShow }: Props) {
  const problems = useEdited((snapshot) => snapshot.report?.problems ?? NONE);
  const [tab, setTab] = useState<Tab>("problems");
  const [isOpen, setOpen] = useState(true);
  const id = useId();
  const choose = (next: Tab) => {
    setTab(next);
    setOpen(true);
  };
  return (
    <section className="problems" data-part="problems" aria-label="Problems">
      <div className="panel-h">
        <div className="tabs tabs-s" role="tablist" aria-label="What is listed">
          <TabButton id={id} tab="problems" at={tab} onChoose={choose}>
            Problems <span className="n">{problems.length}</span>
          </TabButton>
          <TabButton id={id} tab="find" at={tab} onChoose={choose}>
            Find
          </TabButton>
        </div>
        <span className="grow" />
        <Checked />
        <button
          type="button"
          className="btn btn-icon btn-ghost btn-s"
          aria-label={isOpen ? "Fold the list" : "Open the list"}
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        >
          <Icon name={isOpen ? "down" : "up"} />
        </button>
      </div>
      {isOpen && (
        <div id={`${id}-panel`} role="tabpanel" aria-labelledby={`${id}-${tab}`} className="problems-list">
          {tab === "problems" ? <Problems problems={problems} onShow={onShow} /> : <Find onShow={onShow} />}
        </div>
      )}
    </section>
  );
}

function TabButton({
  id,
  tab,
  at,
  onChoose,
  children,
}: {
  id: string;
  tab: Tab;
  at: Tab;
  onChoose: (tab: Tab) => void;
  children: React.ReactNode;
}) {
  return (
    <button
      type="button"
      role="tab"
      id={`${id}-${tab}`}
      aria-selected={tab === at}
      onClick={() => onChoose(tab)}
    >
      {children}
    </button>
  );
}

function Checked() {
  const isCurrent = useEdited(({ document, reported }) => reported === document.text);
  const unchecked = useEdited((snapshot) => snapshot.unchecked);
  const said = unchecked
    ? "not checked: the engine does not answer"
    : isCurrent
      ? "checked as you type"
      : "checking…";
  return <span className="faint">{said}</span>;
}

function Problems({ problems, onShow }: { problems: readonly Diagnostic[] } & Props) {
  const editor = useEditor();
  if (problems.length === 0) return <p className="faint problems-none">Nothing is wrong.</p>;
  return (
    <ul className="scroll">
      {problems.map((problem) => (
        <li key={`${problem.line}:${problem.column} ${problem.message}`}>
          <button
            type="button"
            className={`prob is-${problem.severity}`}
            onClick={() => show(editor, problem.line, problem.column, onShow)}
          >
            <Icon name={signOf(problem.severity)} />
            <code className="faint">
              {problem.line}:{problem.column}
            </code>
            <span className="cut">
              <span className="sr">{problem.severity}: </span>
              <Said text={problem.message} />
              {problem.hint && (
                <span className="faint">
                  {" — "}
                  <Said text={problem.hint} />
                </span>
              )}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** Selects the task of the place, then shows it in the text. */
function show(editor: FlowEditor, line: number, column: number, onShow: Props["onShow"]): void {
  const { document } = editor.snapshot();
  if (!document.failure) {
    const lines = document.text.split("\n").slice(0, line - 1);
    const around = taskAround(document, lines.reduce((at, one) => at + one.length + 1, 0) + column - 1);
    editor.select(around ? [pathText(around)] : []);
  }
  onShow(line, column);
}

function Find({ onShow }: Props) {
  const editor = useEditor();
  const text = useEdited((snapshot) => snapshot.document.text);
  const [sought, setSought] = useState("");
  const asked = useDeferredValue(sought.trim().toLowerCase());
  const found = useMemo(() => placesOf(text, asked), [text, asked]);
  return (
    <>
      <div className="problems-find">
        <span className="input">
          <Icon name="search" />
          <input
            type="search"
            placeholder="Find in the flow"
            aria-label="Find in the flow"
            value={sought}
            onChange={(event) => setSought(event.target.value)}
          />
        </span>
        <span className="faint small" role="status">
          {asked === "" ? "" : count(found.length, "place")}
        </span>
      </div>
      <ul className="scroll">
        {found.slice(0, MOST_FOUND).map(({ line, column, said }) => (
          <li key={`${line}:${column}`}>
            <button type="button" className="prob" onClick={() => show(editor, line, column, onShow)}>
              <Icon name="search" />
              <code className="faint">
                {line}:{column}
              </code>
              <code className="cut">{said}</code>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

function placesOf(text: string, sought: string): { line: number; column: number; said: string }[] {
  if (sought === "") return [];
  return text.split(/\r?\n/).flatMap((said, at) => {
    const column = said.toLowerCase().indexOf(sought);
    return column < 0 ? [] : [{ line: at + 1, column: column + 1, said: said.trim() }];
  });
}
