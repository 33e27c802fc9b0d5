// What stands around every page.

import { Outlet, useNavigate } from "@tanstack/react-router";
import { RunForm } from "../flow/RunForm";
import { openPalette } from "../palette/open";
import { Palette } from "../palette/Palette";
import { desktop } from "../platform";
import { KeySheet } from "./KeySheet";
import { Rail } from "./Rail";
import { StatusBar } from "./StatusBar";
import { useShortcuts } from "./shortcuts";
import { Toasts } from "./toast";

export function Shell() {
  const navigate = useNavigate();
  useShortcuts([
    {
      keys: "Mod K",
      says: "Go to or run anything",
      group: "Anywhere",
      run: () => openPalette(),
      inFields: true,
    },
    { keys: "G H", says: "Home", group: "Anywhere", run: () => void navigate({ to: "/" }) },
    { keys: "G F", says: "Flows", group: "Anywhere", run: () => void navigate({ to: "/flows" }) },
    { keys: "G R", says: "Runs", group: "Anywhere", run: () => void navigate({ to: "/runs" }) },
    { keys: "G A", says: "Activity", group: "Anywhere", run: () => void navigate({ to: "/activity" }) },
    { keys: "G S", says: "Settings", group: "Anywhere", run: () => void navigate({ to: "/settings" }) },
    ...(desktop
      ? [{ keys: "Mod Q", says: "Quit Tidemill", group: "Anywhere", run: desktop.quit, inFields: true }]
      : []),
  ]);
  return (
    <div className="shell">
      <a className="skip btn" href="#main">
        Skip to the page
      </a>
      <Rail />
      <div className="main">
        <Outlet />
      </div>
      <StatusBar />
      <Palette />
      <RunForm />
      <KeySheet />
      <Toasts />
    </div>
  );
}
