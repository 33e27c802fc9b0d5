import { Top } from "../shell/Top";

export function RunsPage() {
  return <Top title="Runs" />;
}
