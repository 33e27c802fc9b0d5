import { Top } from "../shell/Top";

export function HomePage() {
  return <Top title="Home" />;
}
