// How Tidemill behaves here: what it found on this machine, and what it was told.

import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { limits, secrets, settings, variables, workspaces } from "../api/queries";
import { Icon, type IconName } from "../parts/Icon";
import { desktop } from "../platform";
import { Top } from "../shell/Top";
import { Appearance } from "./Appearance";
import { AtLogin } from "./AtLogin";
import { Limits } from "./Limits";
import { Machine } from "./Machine";
import { Secrets } from "./Secrets";
import { SettingList } from "./SettingList";
import "./settings.css";
import { Variables } from "./Variables";
import { Workspaces } from "./Workspaces";

interface Section {
  id: string;
  icon: IconName;
  name: string;
  count?: number | undefined;
  content: ReactNode;
}

export function SettingsPage() {
  const groups: { name: string; sections: Section[] }[] = [
    {
      name: "Workspace",
      sections: [
        {
          id: "workspaces",
          icon: "folder",
          name: "Workspaces",
          count: useQuery(workspaces).data?.workspaces.length,
          content: <Workspaces />,
        },
        {
          id: "variables",
          icon: "value",
          name: "Variables",
          count: useQuery(variables).data?.vars.length,
          content: <Variables />,
        },
        {
          id: "limits",
          icon: "limit",
          name: "Limits",
          count: useQuery(limits).data?.limits.length,
          content: <Limits />,
        },
        {
          id: "secrets",
          icon: "key",
          name: "Secrets",
          count: useQuery(secrets).data?.secrets.length,
          content: <Secrets />,
        },
      ],
    },
    {
      name: "This machine",
      sections: [
        { id: "machine", icon: "laptop", name: "Found here", content: <Machine /> },
        {
          id: "settings",
          icon: "settings",
          name: "Settings",
          count: useQuery(settings).data?.settings.length,
          content: <SettingList />,
        },
        ...(desktop
          ? [
              {
                id: "desktop",
                icon: "window",
                name: "Desktop app",
                content: <AtLogin desktop={desktop} />,
              } as const,
            ]
          : []),
        { id: "appearance", icon: "theme", name: "Appearance", content: <Appearance /> },
      ],
    },
  ];
  const all = groups.flatMap((group) => group.sections);
  const { scroller, seen } = useSeen(all.map((section) => section.id));
  return (
    <>
      <Top title="Settings" aside="this machine" />
      <main className="page set" id="main" tabIndex={-1}>
        <nav className="secs scroll" aria-label="Sections">
          {groups.map((group) => (
            <div key={group.name}>
              <p className="g">{group.name}</p>
              {group.sections.map((section) => (
                <a
                  key={section.id}
                  href={`#${section.id}`}
                  aria-current={section.id === seen ? "true" : undefined}
                >
                  <Icon name={section.icon} />
                  {section.name}
                  <span className="n">{section.count}</span>
                </a>
              ))}
            </div>
          ))}
        </nav>
        <div className="colm scroll" ref={scroller}>
          {all.map((section) => (
            <section key={section.id} id={section.id} className="sect" aria-label={section.name}>
              {section.content}
            </section>
          ))}
        </div>
      </main>
    </>
  );
}

/** Which section is at the top of what is in sight. */
function useSeen(ids: readonly string[]) {
  const scroller = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState(ids[0] ?? "");
  const key = ids.join(" ");
  useEffect(() => {
    const root = scroller.current;
    if (!root) return;
    const look = () => {
      const top = root.getBoundingClientRect().top + 24;
      const passed = key
        .split(" ")
        .filter((id) => (document.getElementById(id)?.getBoundingClientRect().top ?? 0) <= top);
      setSeen(passed.at(-1) ?? "");
    };
    look();
    root.addEventListener("scroll", look, { passive: true });
    return () => root.removeEventListener("scroll", look);
  }, [key]);
  return { scroller, seen };
}
