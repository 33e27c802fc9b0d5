import { useEffect, useState } from "react";

/** A value once it has stayed the same for a while; `key` tells values apart. */
export function usePaused<T>(value: T, key: string, ms: number): T {
  const [paused, setPaused] = useState({ value, key });
  useEffect(() => {
    if (paused.key === key) return;
    const timer = setTimeout(() => setPaused({ value, key }), ms);
    return () => clearTimeout(timer);
  }, [value, key, ms, paused.key]);
  return paused.value;
}
