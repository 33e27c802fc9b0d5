import "@fontsource-variable/inter/index.css";
import "@fontsource-variable/jetbrains-mono/index.css";
import "./shell/tokens.css";
import "./shell/base.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { client, live } from "./api/context";
import { startHost } from "./platform";
import { router } from "./router";
import { startShortcuts } from "./shell/shortcuts";
import { startTheme } from "./shell/theme";

startTheme();
startShortcuts();
live.start();
startHost();

const root = document.getElementById("root");
if (root)
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
