import { useSyncExternalStore } from "react";

/** As the styles have it. */
const narrow = matchMedia("(max-width: 52rem)");

const subscribe = (changed: () => void): (() => void) => {
  narrow.addEventListener("change", changed);
  return () => narrow.removeEventListener("change", changed);
};

/** Whether the screen is a phone's, for what styles alone cannot lay out anew. */
export const useNarrow = (): boolean => useSyncExternalStore(subscribe, () => narrow.matches);
