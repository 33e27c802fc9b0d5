import { Top } from "../shell/Top";

export function SettingsPage() {
  return <Top title="Settings" />;
}
