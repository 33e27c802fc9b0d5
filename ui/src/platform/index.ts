// The one place that knows whether the page stands in a browser or in the desktop's window.

import { browser } from "./browser";
import type { Host } from "./host";
import { isDesktop, tauri } from "./tauri";

const chosen: Host = isDesktop() ? tauri : browser;

export const host = chosen.kind;
export const request = chosen.request;
export const subscribe = chosen.subscribe;
export const startHost = chosen.start;
export const desktop = chosen.desktop;

export type { Desktop, LinkState } from "./host";
export type { Message } from "./sse";
