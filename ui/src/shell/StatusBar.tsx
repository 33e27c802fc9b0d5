// The line at the bottom: how the connection stands, in words, and which workspace this is.

import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { live } from "../api/context";
import { useLink } from "../api/live";
import { flows, health, workspaces } from "../api/queries";
import { clock, count } from "../parts/format";
import { Icon, type IconName } from "../parts/Icon";
import type { LinkState } from "../platform";
import { setTheme, type Theme, useTheme } from "./theme";

function said(link: LinkState, online: boolean): { icon: IconName; text: string; wrong: boolean } {
  switch (link.is) {
    case "open":
      return { icon: "check", text: "Engine running", wrong: false };
    case "connecting":
      return { icon: "sync", text: "Connecting to the engine", wrong: false };
    case "refused":
      return { icon: "unlink", text: "Not let in: open the address with its token again", wrong: true };
    case "waiting": {
      const since = clock(new Date(link.since));
      return online
        ? { icon: "sync", text: `Reconnecting since ${since}; what you see is from then`, wrong: true }
        : { icon: "unlink", text: `Offline since ${since}; what you see is from then`, wrong: true };
    }
  }
}

function useOnline(): boolean {
  const [online, setOnline] = useState(navigator.onLine);
  useEffect(() => {
    const look = () => setOnline(navigator.onLine);
    window.addEventListener("online", look);
    window.addEventListener("offline", look);
    return () => {
      window.removeEventListener("online", look);
      window.removeEventListener("offline", look);
    };
  }, []);
  return online;
}

const NEXT_THEME: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };

export function StatusBar() {
  const { icon, text, wrong } = said(useLink(live), useOnline());
  const theme = useTheme();
  const version = useQuery(health).data?.version;
  const current = useQuery(workspaces).data?.workspaces.find((one) => one.current);
  const listed = useQuery(flows).data?.flows;
  return (
    <footer className="status">
      <span role="status" className={wrong ? "is-wrong" : ""}>
        <Icon name={icon} />
        {text}
      </span>
      <span className="grow" />
      {current && (
        <span title={current.path}>
          <Icon name="folder" />
          {current.name}
        </span>
      )}
      {listed && <span>{listed.length === 0 ? "no flows" : count(listed.length, "flow")}</span>}
      {version && <span>{version}</span>}
      <button
        type="button"
        className="theme"
        onClick={() => setTheme(NEXT_THEME[theme])}
        title={`Theme: ${theme}. Press for ${NEXT_THEME[theme]}.`}
      >
        <Icon name="theme" />
        {theme === "system" ? "Theme" : theme === "light" ? "Light" : "Dark"}
      </button>
    </footer>
  );
}
