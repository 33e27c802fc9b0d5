import { Top } from "../shell/Top";

export function FlowPage() {
  return <Top title="Flow" />;
}
