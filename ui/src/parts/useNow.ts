// The time, for what is measured while it goes on. It stands still while nothing is, and while the page is hidden.

import { useEffect, useState } from "react";

export function useNow(going: boolean, everyMs = 1000): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!going) return;
    const timer = setInterval(() => {
      if (!document.hidden) setNow(Date.now());
    }, everyMs);
    return () => clearInterval(timer);
  }, [going, everyMs]);
  return now;
}
