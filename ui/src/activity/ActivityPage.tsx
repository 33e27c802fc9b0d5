import { Top } from "../shell/Top";

export function ActivityPage() {
  return <Top title="Activity" />;
}
