import { useEffect, useState } from "react";

/** A number that changes when the theme does, for what has to be drawn again. */
export function useThemeCount(): number {
  const [number, setNumber] = useState(0);
  useEffect(() => {
    const turn = (): void => setNumber((before) => before + 1);
    const system = matchMedia("(prefers-color-scheme: dark)");
    system.addEventListener("change", turn);
    const chosen = new MutationObserver(turn);
    chosen.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => {
      system.removeEventListener("change", turn);
      chosen.disconnect();
    };
  }, []);
  return number;
}
