import { useSyncExternalStore } from "react";
import { withKept } from "./kept.ts";

const listeners = new Set<() => void>();
const tell = (): void => listeners.forEach((listener) => listener());

globalThis.addEventListener("popstate", () => {
  // Who went back no longer waits for what it had asked for.
  newest += 1;
  isGoing(false);
  tell();
});

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** Answers a promise while what stands at a path is not loaded yet; null when it is there. */
type Readiness = (path: string) => Promise<unknown> | null;
let readiness: Readiness = () => null;

/** Sets what `navigate` waits for, so that the page before stays whole until the next one can be drawn. */
export const waitFor = (ready: Readiness): void => void (readiness = ready);

let newest = 0;

/** Styles show that something is under way. */
const isGoing = (going: boolean): void => void document.documentElement.toggleAttribute("data-going", going);

/** Goes to an address of this page. What stays from page to page goes along; of two that are asked for at once, the later one counts. */
export function navigate(to: string, { replace = false }: { readonly replace?: boolean } = {}): void {
  const address = withKept(to, location.search);
  if (address === location.pathname + location.search) return;
  const asked = ++newest;
  const loading = readiness(address.split("?")[0]!);
  const go = (): void => {
    if (asked !== newest) return;
    isGoing(false);
    put(address, replace);
  };
  if (loading === null) return go();
  isGoing(true);
  // What cannot be loaded is told at the address where it was wanted.
  void loading.then(go, go);
}

function put(address: string, replace: boolean): void {
  if (replace) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  tell();
}

export const usePath = (): string => useSyncExternalStore(subscribe, () => location.pathname);

export const useSearchText = (): string => useSyncExternalStore(subscribe, () => location.search);

/** The part of the address after "?", and how to change it: undefined or "" removes a name. The page stays where it is. */
export function useSearch(): [URLSearchParams, (change: Readonly<Record<string, string | undefined>>) => void] {
  const search = new URLSearchParams(useSearchText());
  return [
    search,
    (change) => {
      const address = location.pathname + changed(new URLSearchParams(location.search), change);
      if (address !== location.pathname + location.search) put(address, true);
    },
  ];
}

/** The tenant that everything is filtered by; undefined: all. */
export const useTenant = (): string | undefined => useSearch()[0].get("tenant") || undefined;

function changed(search: URLSearchParams, change: Readonly<Record<string, string | undefined>>): string {
  for (const [name, value] of Object.entries(change)) {
    if (value === undefined || value === "") search.delete(name);
    else search.set(name, value);
  }
  return search.size === 0 ? "" : `?${search}`;
}
