// The pages, at the left.

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { overview } from "../api/queries";
import { Icon, type IconName } from "../parts/Icon";

const PAGES = [
  { to: "/", icon: "home", name: "Home" },
  { to: "/flows", icon: "flows", name: "Flows" },
  { to: "/runs", icon: "runs", name: "Runs" },
  { to: "/activity", icon: "activity", name: "Activity" },
] as const satisfies readonly { to: string; icon: IconName; name: string }[];

export function Rail() {
  const broken = useQuery(overview).data?.broken.length ?? 0;
  return (
    <nav className="rail" aria-label="Main">
      <svg className="i mill" viewBox="0 0 22 22" aria-hidden="true">
        <circle cx="11" cy="9" r="6.2" />
        <path d="M11 1v16M3 9h16M5.3 3.3l11.4 11.4M16.7 3.3 5.3 14.7" />
        <path d="M1.5 18.5c1.6 0 1.6 1.3 3.2 1.3s1.6-1.3 3.2-1.3 1.6 1.3 3.1 1.3 1.6-1.3 3.2-1.3 1.6 1.3 3.2 1.3 1.6-1.3 3.1-1.3" />
      </svg>
      {PAGES.map(({ to, icon, name }) => (
        <Link key={to} to={to} activeOptions={{ exact: to === "/", includeSearch: false }}>
          <Icon name={icon} />
          <span>{name}</span>
          {to === "/" && broken > 0 && (
            <span className="count" title={`${broken} not as expected`}>
              {broken}
              <span className="sr"> not as expected</span>
            </span>
          )}
        </Link>
      ))}
      <span className="gap" />
      <Link to="/settings" activeOptions={{ includeSearch: false }}>
        <Icon name="settings" />
        <span>Settings</span>
      </Link>
    </nav>
  );
}
