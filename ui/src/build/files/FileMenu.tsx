// What can be done with a flow's file beside saving it.

import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { DropdownMenu } from "radix-ui";
import { useState } from "react";
import { duplicateFlow, removeFlow, renameFlow } from "../../api/actions";
import { ApiError } from "../../api/client";
import { openGuide, renameGuided } from "../../guide/guide";
import { Confirm } from "../../parts/Confirm";
import { count } from "../../parts/format";
import { Icon } from "../../parts/Icon";
import { toast, toastError } from "../../shell/toast";
import { forgetSession } from "../session";
import { NameDialog } from "./NameDialog";

type Asked = "rename" | "duplicate" | "delete" | null;

export function FileMenu({ flow, isDirty }: { flow: string; isDirty: boolean }) {
  const [asked, setAsked] = useState<Asked>(null);
  const [callers, setCallers] = useState<string | null>(null);
  const navigate = useNavigate();
  const client = useQueryClient();
  const goTo = async (name: string) => {
    forgetSession(flow);
    await client.invalidateQueries({ queryKey: ["flows"] });
    await navigate({ to: "/flows/$flow", params: { flow: name }, search: {} });
  };
  const rename = async (to: string) => {
    const { name, changed } = await renameFlow(flow, to);
    renameGuided(flow, name);
    const others = changed.filter((file) => file.flow !== flow && file.flow !== name).length;
    toast({
      text: others > 0 ? `Renamed, and in ${count(others, "other flow")} that names it` : "Renamed",
      icon: "check",
    });
    await goTo(name);
  };
  const duplicate = async (to: string) => {
    const { name, warnings } = await duplicateFlow(flow, to);
    if (warnings.length > 0) toast({ text: `Duplicated: ${warnings.join("; ")}`, icon: "info" });
    await client.invalidateQueries({ queryKey: ["flows"] });
    await navigate({ to: "/flows/$flow", params: { flow: name }, search: {} });
  };
  const remove = async (force: boolean) => {
    try {
      const { bin } = await removeFlow(flow, force);
      toast({
        text: bin === null ? "Its file is in the system's bin" : `Its file is now ${bin}`,
        icon: "check",
      });
      forgetSession(flow);
      await client.invalidateQueries({ queryKey: ["flows"] });
      await navigate({ to: "/flows" });
    } catch (error) {
      const needed = error instanceof ApiError && error.problem.type === "tidemill:needed";
      if (needed) setCallers(error.message);
      else toastError(error);
    }
  };
  const unsaved = isDirty ? "save first" : null;
  return (
    <>
      <DropdownMenu.Root modal={false}>
        <DropdownMenu.Trigger className="btn btn-icon btn-ghost" aria-label="More of this flow">
          <Icon name="more" />
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content className="menu" align="end" sideOffset={4}>
            <Item label="Rename…" unable={unsaved} onSelect={() => setAsked("rename")} />
            <Item label="Duplicate…" unable={unsaved} onSelect={() => setAsked("duplicate")} />
            <Item label="Delete…" unable={null} onSelect={() => setAsked("delete")} />
            <DropdownMenu.Separator className="menu-line" />
            <Item label="Guide" unable={null} onSelect={() => openGuide(flow)} />
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
      <NameDialog
        open={asked === "rename"}
        title={`Rename ${flow}`}
        help="Other flows of the workspace that name it follow; its runs keep the name that they had."
        action="Rename"
        name={flow}
        onDone={rename}
        onClose={() => setAsked(null)}
      />
      <NameDialog
        open={asked === "duplicate"}
        title={`Duplicate ${flow}`}
        help="The copy's schedules are paused and its triggers are comments: nothing starts it by itself."
        action="Duplicate"
        name={`${flow}-copy`}
        onDone={duplicate}
        onClose={() => setAsked(null)}
      />
      <Confirm
        open={asked === "delete"}
        title={`Delete ${flow}?`}
        text={`Its file goes to the bin. Its runs and versions stay.${isDirty ? " What is not saved is lost." : ""}`}
        action="Delete"
        onDone={() => void remove(false)}
        onClose={() => setAsked(null)}
      />
      <Confirm
        open={callers !== null}
        title="Other flows need it"
        text={`${callers ?? ""}. They fail from then on.`}
        action="Delete all the same"
        onDone={() => void remove(true)}
        onClose={() => setCallers(null)}
      />
    </>
  );
}

function Item({ label, unable, onSelect }: { label: string; unable: string | null; onSelect: () => void }) {
  return (
    <DropdownMenu.Item className="menu-item" disabled={unable !== null} onSelect={onSelect}>
      {label}
      {unable !== null && <span className="faint small">{unable}</span>}
    </DropdownMenu.Item>
  );
}
