// The bar over a page: where one is, what one can do here, and the way to everything else.

import { type ReactNode, useEffect } from "react";
import { openPalette } from "../palette/open";
import { Icon } from "../parts/Icon";
import { Keys } from "./Keys";

interface Props {
  title: ReactNode;
  /** the window's title; needed where `title` is not text */
  name?: string;
  /** beside the title, quiet */
  aside?: ReactNode;
  /** before the title, each with its separator after it */
  crumbs?: ReactNode;
  /** tabs and what else belongs to the left */
  children?: ReactNode;
  /** the page's main actions, at the right */
  actions?: ReactNode;
}

export function Top({ title, name, aside, crumbs, children, actions }: Props) {
  const text = name ?? (typeof title === "string" ? title : "");
  useEffect(() => {
    document.title = text ? `${text} — Tidemill` : "Tidemill";
  }, [text]);
  return (
    <header className="top">
      {crumbs}
      <h1 className="title">{title}</h1>
      {aside !== undefined && <span className="faint cut">{aside}</span>}
      {children}
      <span className="grow" />
      {actions}
      <button type="button" className="find-all" title="Go to or run anything" onClick={() => openPalette()}>
        <Icon name="search" />
        <span>Go to or run anything</span>
        <span className="keys">
          <Keys keys="Mod K" />
        </span>
      </button>
    </header>
  );
}
