import { createContext, useContext, useEffect, useState, type ReactNode } from "react";
import type { Zone } from "./say-time.ts";

const ZoneContext = createContext<{ readonly zone: Zone; readonly setZone: (zone: Zone) => void }>({
  zone: "local",
  setZone: () => {},
});
const NowContext = createContext(Date.now());

export const useZone = () => useContext(ZoneContext);
export const useNow = (): number => useContext(NowContext);

const kept = "throughline.zone";

/** The zone in which times are shown, and a clock that all of the page shares. */
export function ClockProvider({ children }: { readonly children: ReactNode }) {
  const [zone, set] = useState<Zone>(() => (localStorage.getItem(kept) === "utc" ? "utc" : "local"));
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  const setZone = (chosen: Zone): void => {
    localStorage.setItem(kept, chosen);
    set(chosen);
  };
  return (
    <ZoneContext value={{ zone, setZone }}>
      <NowContext value={now}>{children}</NowContext>
    </ZoneContext>
  );
}
