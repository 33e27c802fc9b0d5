// The task's name, how it went last, whether that is still so, and what else can be done to it.

import { useQuery } from "@tanstack/react-query";
import { DropdownMenu } from "radix-ui";
import { useRef, useState } from "react";
import { isRefusal } from "../../edit/draft";
import { changeKind } from "../../edit/kind";
import { count } from "../../parts/format";
import { Icon, kindIcon } from "../../parts/Icon";
import { Said } from "../../parts/Said";
import { State } from "../../parts/State";
import { Keys } from "../../shell/Keys";
import { shown } from "../action";
import { actionOf } from "../actions";
import { useEditor } from "../context";
import { pathOf } from "../editor";
import { rename } from "../edits";
import { useFields } from "../fields/fields";
import type { Forms } from "../fields/form";
import { flowSchema } from "../schema";
import { starterFor } from "../starter";
import { useLastRun } from "../trying/lastRun";
import { useStanding } from "../trying/queries";
import { attemptAction, useBuildContext } from "../useBuildContext";

interface Props {
  flow: string;
  task: string;
  kind: string | null;
  forms: Forms;
}

export function TaskHead({ flow, task, kind, forms }: Props) {
  const { frozen, problems } = useFields();
  const standing = useStanding(flow, task);
  const last = useLastRun(flow, task);
  const [naming, setNaming] = useState(false);
  const path = pathOf(task);
  const name = path.at(-1) ?? task;
  const depth = path.length * 2;
  const own = problems.filter((one) => path.every((part, at) => one.path[at * 2 + 1] === part));
  // What is about one of its values is said there.
  const about = own.filter((one) => one.path.length <= depth);
  return (
    <>
      <div className="r">
        <Icon name={kindIcon(kind ?? "")} />
        {naming ? (
          <Name task={task} name={name} onEnd={() => setNaming(false)} />
        ) : (
          <h2 className="mono cut">
            <button
              type="button"
              className="name"
              title={`${task}: rename`}
              disabled={frozen}
              onClick={() => setNaming(true)}
            >
              {name}
            </button>
          </h2>
        )}
        {last && <State state={last.task.state} />}
        {standing?.pinned && (
          <span className="stale">
            <Icon name="pin" className="i-12" /> pinned
          </span>
        )}
        {standing && standing.stale !== null && standing.last && (
          <span className="stale">
            <Icon name="stale" className="i-12" /> stale
          </span>
        )}
        {own.length > 0 && (
          <span
            className="stale s-late insp-wrong"
            title={own.map(({ problem }) => problem.message).join("\n")}
          >
            <Icon name="warn" className="i-12" /> {count(own.length, "problem")}
          </span>
        )}
        <span className="grow" />
        <TaskMenu task={task} kind={kind} forms={forms} onRename={() => setNaming(true)} />
      </div>
      {standing && standing.stale !== null && standing.last && (
        <p className="stale-why">
          <Said text={standing.stale} />
        </p>
      )}
      {about[0] && (
        <p className="problem-line insp-problem">
          <Icon name="warn" className="i-14" />
          <span>
            <Said text={about[0].problem.message} />
          </span>
        </p>
      )}
    </>
  );
}

/** Renames the task, and all that names it; Escape leaves it as it is. */
function Name({ task, name, onEnd }: { task: string; name: string; onEnd: () => void }) {
  const editor = useEditor();
  const [text, setText] = useState(name);
  const [problem, setProblem] = useState<string | null>(null);
  const left = useRef(false);
  const take = (stay: boolean) => {
    if (left.current) return;
    const outcome = text === name ? null : rename(editor, task, text);
    if (outcome && isRefusal(outcome) && stay) setProblem(outcome.message);
    else onEnd();
  };
  return (
    <div className={`name-edit ${problem === null ? "" : "field has-problem"}`}>
      <div className="input mono">
        <input
          aria-label="Name of the task"
          aria-invalid={problem !== null}
          // biome-ignore lint/a11y/noAutofocus: the person asked to type the name.
          autoFocus
          spellCheck={false}
          autoComplete="off"
          value={text}
          onFocus={(event) => event.target.select()}
          onChange={(event) => setText(event.target.value)}
          onBlur={() => take(false)}
          onKeyDown={(event) => {
            if (event.key === "Enter") take(true);
            if (event.key !== "Escape") return;
            event.stopPropagation();
            left.current = true;
            onEnd();
          }}
        />
      </div>
      {problem !== null && (
        <p className="problem" role="alert">
          <Icon name="warn" className="i-14" />
          <span>
            <Said text={problem} />
          </span>
        </p>
      )}
    </div>
  );
}

/** What else is done to a task, as on the canvas. */
const MENU = ["open-flow", "map", "duplicate", "copy", "cut", "ungroup", "delete"];

function TaskMenu({
  task,
  kind,
  forms,
  onRename,
}: {
  task: string;
  kind: string | null;
  forms: Forms;
  onRename: () => void;
}) {
  const editor = useEditor();
  const { frozen } = useFields();
  const context = useBuildContext();
  const { data: schema } = useQuery(flowSchema);
  const path = pathOf(task);
  // A group is made of tasks that are there, on the canvas.
  const kinds = forms.kinds.filter((one) => one !== kind && forms.kind(one)?.control.is !== "tasks");
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger
        className="btn btn-icon btn-ghost btn-s"
        aria-label={`More for ${task}`}
        disabled={frozen}
      >
        <Icon name="more" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          className="menu scroll"
          align="end"
          sideOffset={4}
          onCloseAutoFocus={(event) => {
            // The field for the name has taken the focus.
            if (document.activeElement instanceof HTMLInputElement) event.preventDefault();
          }}
        >
          <DropdownMenu.Item className="menu-item" onSelect={() => setTimeout(onRename)}>
            Rename
          </DropdownMenu.Item>
          {schema && kind !== "tasks" && (
            <DropdownMenu.Sub>
              <DropdownMenu.SubTrigger className="menu-item">
                Change kind <Icon name="right" className="i-12" />
              </DropdownMenu.SubTrigger>
              <DropdownMenu.Portal>
                <DropdownMenu.SubContent className="menu scroll">
                  {kinds.map((one) => (
                    <DropdownMenu.Item
                      key={one}
                      className="menu-item"
                      onSelect={() =>
                        editor.edit((draft) =>
                          changeKind(draft, path, one, starterFor(schema, one)[one] ?? null),
                        )
                      }
                    >
                      <Icon name={kindIcon(one)} />
                      {one}
                    </DropdownMenu.Item>
                  ))}
                </DropdownMenu.SubContent>
              </DropdownMenu.Portal>
            </DropdownMenu.Sub>
          )}
          <DropdownMenu.Separator className="menu-line" />
          {shown(MENU.map(actionOf), context).map((action) => (
            <DropdownMenu.Item
              key={action.id}
              className="menu-item"
              disabled={action.unable(context) !== null}
              onSelect={() => attemptAction(action, context)}
            >
              {action.label(context)}
              {action.keys && (
                <span className="menu-keys">
                  <Keys keys={action.keys} />
                </span>
              )}
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
