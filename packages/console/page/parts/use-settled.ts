import { useEffect, useState } from "react";

/** A value once nobody changed it for a while, so that not every letter that is typed is asked for. */
export function useSettled<T>(value: T, afterMs = 350): T {
  const [settled, settle] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => settle(value), afterMs);
    return () => clearTimeout(timer);
  }, [value, afterMs]);
  return settled;
}
