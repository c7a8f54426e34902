import { useSyncExternalStore } from "react";

const listeners = new Set<() => void>();
const tell = (): void => listeners.forEach((listener) => listener());

globalThis.addEventListener("popstate", tell);

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** Goes to an address of this page. */
export function navigate(to: string, { replace = false }: { readonly replace?: boolean } = {}): void {
  if (to === location.pathname + location.search) return;
  if (replace) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  tell();
}

export const usePath = (): string => useSyncExternalStore(subscribe, () => location.pathname);

const useSearchText = (): string => useSyncExternalStore(subscribe, () => location.search);

/** The part of the address after "?", and how to change it: undefined or "" removes a name. The page stays where it is. */
export function useSearch(): [URLSearchParams, (change: Readonly<Record<string, string | undefined>>) => void] {
  const search = new URLSearchParams(useSearchText());
  return [
    search,
    (change) => navigate(location.pathname + changed(new URLSearchParams(location.search), change), { replace: true }),
  ];
}

function changed(search: URLSearchParams, change: Readonly<Record<string, string | undefined>>): string {
  for (const [name, value] of Object.entries(change)) {
    if (value === undefined || value === "") search.delete(name);
    else search.set(name, value);
  }
  return search.size === 0 ? "" : `?${search}`;
}
