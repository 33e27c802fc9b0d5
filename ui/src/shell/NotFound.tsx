import { Link } from "@tanstack/react-router";
import { Top } from "./Top";

export function NotFound() {
  return (
    <>
      <Top title="Not found" />
      <main className="page" id="main">
        <div className="trouble">
          <h1>There is no such page</h1>
          <p className="dim">
            The address may be of an earlier version.{" "}
            <Link className="link" to="/">
              Home
            </Link>{" "}
            has everything.
          </p>
        </div>
      </main>
    </>
  );
}
