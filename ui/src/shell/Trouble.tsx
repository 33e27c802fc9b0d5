// What stands in place of a page that could not be shown: what happened, and what to do.

import { useQueryClient } from "@tanstack/react-query";
import type { ErrorComponentProps } from "@tanstack/react-router";
import { ApiError, Unreachable } from "../api/client";
import { Icon } from "../parts/Icon";
import { Said } from "../parts/Said";

function said(error: unknown): { title: string; next: string; code: string | null } {
  if (error instanceof ApiError) {
    const { status, title, detail, hint } = error.problem;
    if (status === 401 || status === 403)
      return {
        title: "This page is not let in",
        next: "Open the address with the token again; `tidemill serve` prints it when it starts.",
        code: detail || null,
      };
    return { title: detail || title, next: hint ?? "Go back, or try again.", code: null };
  }
  if (error instanceof Unreachable)
    return {
      title: "The engine does not answer",
      next: "Runs that were going on are carried by the engine, not by this page. Start it with `tidemill serve`, then try again.",
      code: null,
    };
  if (isMissing(error))
    return {
      title: "This page is not to be had",
      next: "The engine was renewed or does not answer. Try again once it runs.",
      code: null,
    };
  return {
    title: "This page could not be shown",
    next: "The rest of the studio works on. Try again; if it stays, the text below says what broke.",
    code: error instanceof Error ? (error.stack ?? error.message) : String(error),
  };
}

/** Whether a page's own files did not come. */
function isMissing(error: unknown): boolean {
  return (
    error instanceof Error &&
    /dynamically imported module|module script failed|unable to preload/i.test(error.message)
  );
}

/** The trouble alone, for a part of a page. */
export function Trouble({ error, again }: { error: unknown; again?: () => void }) {
  const { title, next, code } = said(error);
  return (
    <div className="trouble" role="alert">
      <h1>
        <Said text={title} />
      </h1>
      <p className="dim">
        <Said text={next} />
      </p>
      {again && (
        <button type="button" className="btn" onClick={again}>
          <Icon name="retry" />
          Try again
        </button>
      )}
      {code !== null && <pre>{code}</pre>}
    </div>
  );
}

/** The error boundary of every route. */
export function PageTrouble({ error, reset }: ErrorComponentProps) {
  const client = useQueryClient();
  return (
    <main className="page" id="main" tabIndex={-1}>
      <Trouble
        error={error}
        again={() => {
          // A browser does not ask twice for a file that failed, unless the window is loaded again.
          if (isMissing(error)) return location.reload();
          void client.resetQueries();
          reset();
        }}
      />
    </main>
  );
}
