// Go to or run anything: pages, flows, runs, lines of logs, and what one can do.

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Command } from "cmdk";
import { Dialog } from "radix-ui";
import { type ReactNode, useDeferredValue, useEffect, useState } from "react";
import { flows, search } from "../api/queries";
import type { SearchResult } from "../api/types";
import { openRunForm } from "../flow/openRunForm";
import { lineHash } from "../log/address";
import { count } from "../parts/format";
import { Icon, type IconName } from "../parts/Icon";
import { desktop } from "../platform";
import { Keys } from "../shell/Keys";
import { setTheme } from "../shell/theme";
import { useOffered } from "./commands";
import { onOpenPalette } from "./open";
import { pieces, ranked } from "./rank";

interface Item {
  key: string;
  icon: IconName;
  title: string;
  mono?: boolean;
  detail?: string;
  keys?: string;
  run: () => void;
}

interface Group {
  name: string;
  items: Item[];
}

export function Palette() {
  const [open, setOpen] = useState(false);
  const [text, setText] = useState("");
  useEffect(
    () =>
      onOpenPalette((given) => {
        setText(given);
        setOpen(true);
      }),
    [],
  );
  return (
    <Dialog.Root open={open} onOpenChange={setOpen}>
      <Dialog.Portal>
        <Dialog.Overlay className="scrim">
          <Dialog.Content className="palette" aria-describedby={undefined}>
            <Dialog.Title className="sr">Go to or run anything</Dialog.Title>
            <Body text={text} onText={setText} onDone={() => setOpen(false)} />
          </Dialog.Content>
        </Dialog.Overlay>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Body({
  text,
  onText,
  onDone,
}: {
  text: string;
  onText: (text: string) => void;
  onDone: () => void;
}) {
  const groups = useGroups(text.trim());
  return (
    <Command shouldFilter={false} loop label="Go to or run anything">
      <div className="q">
        <Icon name="search" />
        <Command.Input
          value={text}
          onValueChange={onText}
          placeholder="A flow, a run, a page, text in logs"
        />
      </div>
      <Command.List className="palette-list scroll">
        <Command.Empty className="g">Nothing is called so.</Command.Empty>
        {groups.map((group) => (
          <Command.Group key={group.name} heading={<div className="g">{group.name}</div>}>
            {group.items.map((item) => (
              <Command.Item
                key={item.key}
                value={item.key}
                className="o"
                onSelect={() => {
                  onDone();
                  item.run();
                }}
              >
                <Icon name={item.icon} />
                <span className={item.mono ? "mono" : ""}>
                  <Marked text={item.title} find={text.trim()} />
                </span>
                {item.detail && <span className="faint cut">{item.detail}</span>}
                {item.keys && (
                  <span className="keys">
                    <Keys keys={item.keys} />
                  </span>
                )}
              </Command.Item>
            ))}
          </Command.Group>
        ))}
      </Command.List>
      <div className="f">
        <span>
          <Keys keys="ArrowUp ArrowDown" /> choose
        </span>
        <span>
          <Keys keys="Enter" /> do it
        </span>
        <span>
          <Keys keys="Escape" /> back
        </span>
      </div>
    </Command>
  );
}

function Marked({ text, find }: { text: string; find: string }): ReactNode {
  return pieces(text, find).map(({ from, text: piece, hit }) => (hit ? <em key={from}>{piece}</em> : piece));
}

const RESULT_ICONS: Record<SearchResult["kind"], IconName> = {
  flow: "flows",
  run: "runs",
  task: "ring",
  log: "file",
};

function useGroups(text: string): Group[] {
  const navigate = useNavigate();
  const listed = useQuery(flows).data?.flows ?? [];
  const asked = useDeferredValue(text);
  const offered = useOffered();
  const found = useQuery({ ...search(asked), enabled: asked.length >= 2, placeholderData: keepPreviousData });

  const doing: Item[] = ranked(listed, text, (flow) => flow.name)
    .slice(0, text === "" ? 4 : 6)
    .map((flow) => ({
      key: `run ${flow.name}`,
      icon: "play",
      title: `Run ${flow.name}…`,
      detail: flow.problems.some((problem) => problem.severity === "error")
        ? "its file has mistakes"
        : count(flow.tasks, "task"),
      run: () => openRunForm(flow.name),
    }));
  const here: Item[] = offered.map(({ id, title, icon = "ring", keys, run }) => ({
    key: `here ${id}`,
    icon,
    title,
    run,
    ...(keys === undefined ? {} : { keys }),
  }));
  const themes: Item[] = (["light", "dark", "system"] as const).map((theme) => ({
    key: `theme ${theme}`,
    icon: "theme",
    title: theme === "system" ? "Theme as the system is" : `Theme ${theme}`,
    run: () => setTheme(theme),
  }));
  const leaving: Item[] = desktop
    ? [{ key: "quit", icon: "x", title: "Quit Tidemill", keys: "Mod Q", run: desktop.quit }]
    : [];
  const pages: Item[] = [
    { key: "page home", icon: "home", title: "Home", keys: "G H", run: () => void navigate({ to: "/" }) },
    {
      key: "page flows",
      icon: "flows",
      title: "Flows",
      keys: "G F",
      run: () => void navigate({ to: "/flows" }),
    },
    { key: "page runs", icon: "runs", title: "Runs", keys: "G R", run: () => void navigate({ to: "/runs" }) },
    {
      key: "page failed",
      icon: "runs",
      title: "Runs that failed in 24 hours",
      run: () => void navigate({ to: "/runs", search: { state: ["failed", "crashed"], within: "24h" } }),
    },
    {
      key: "page activity",
      icon: "activity",
      title: "Activity",
      keys: "G A",
      run: () => void navigate({ to: "/activity" }),
    },
    {
      key: "page settings",
      icon: "settings",
      title: "Settings",
      keys: "G S",
      run: () => void navigate({ to: "/settings" }),
    },
  ];
  const toFlows: Item[] = listed.map((flow) => ({
    key: `flow ${flow.name}`,
    icon: "flows",
    title: flow.name,
    mono: true,
    detail: flow.schedules[0]?.text ?? count(flow.tasks, "task"),
    run: () => void navigate({ to: "/flows/$flow", params: { flow: flow.name } }),
  }));
  const results = asked.length >= 2 && text.length >= 2 ? (found.data?.results ?? []) : [];
  const open = (result: SearchResult) => {
    if (result.run) {
      const hash = result.kind === "log" && result.line !== null ? lineHash(result.line) : undefined;
      void navigate({ to: "/runs/$run", params: { run: result.run }, ...(hash ? { hash } : {}) });
    }
    if (!result.run && result.flow) void navigate({ to: "/flows/$flow", params: { flow: result.flow } });
  };
  const shown = (kinds: readonly SearchResult["kind"][]): Item[] =>
    results
      .filter((result) => kinds.includes(result.kind) && (result.run || result.flow))
      .map((result, at) => ({
        key: `${result.kind} ${at} ${result.title}`,
        icon: RESULT_ICONS[result.kind],
        title: result.title,
        mono: true,
        detail: result.detail,
        run: () => open(result),
      }));
  const logs: Item[] =
    text === ""
      ? []
      : [
          ...shown(["log"]).slice(0, 6),
          {
            key: "search logs",
            icon: "search",
            title: `Runs with “${text}” in their logs`,
            ...(found.data?.complete === false
              ? { detail: "what was logged last is still being indexed" }
              : {}),
            run: () => void navigate({ to: "/runs", search: { text } }),
          },
        ];
  return [
    { name: "Here", items: ranked(here, text, (one) => one.title).slice(0, text === "" ? 5 : 12) },
    {
      name: "Do",
      items: [...doing, ...(text === "" ? [] : ranked([...themes, ...leaving], text, (one) => one.title))],
    },
    {
      name: "Go to",
      items: [
        ...ranked(toFlows, text, (one) => one.title).slice(0, text === "" ? 5 : 8),
        ...ranked(pages, text, (one) => one.title),
        ...shown(["task"]).slice(0, 5),
      ],
    },
    { name: "Runs", items: shown(["run"]).slice(0, 8) },
    { name: "In logs", items: logs },
  ].filter((group) => group.items.length > 0);
}
