import { Top } from "../shell/Top";

export function FlowsPage() {
  return <Top title="Flows" />;
}
