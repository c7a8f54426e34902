import { paths } from "../router/paths.ts";

export interface Place {
  readonly name: string;
  readonly to: string;
  /** With `g` before it, goes there. */
  readonly key: string;
  /** Addresses that belong to it begin so. */
  readonly under: string;
}

/** Where one can go, in the order in which one needs it. */
export const places: readonly Place[] = [
  { name: "Overview", to: paths.overview(), key: "o", under: "/" },
  { name: "Failures", to: paths.failures(), key: "f", under: "/failures" },
  { name: "Flow", to: paths.flows(), key: "w", under: "/flows" },
  { name: "Lag", to: paths.lag(), key: "l", under: "/lag" },
  { name: "Events", to: paths.events(), key: "e", under: "/events" },
  { name: "Services", to: paths.services(), key: "v", under: "/services" },
  { name: "Map", to: paths.map(), key: "m", under: "/map" },
  { name: "Catalogue", to: paths.catalogue(), key: "c", under: "/catalogue" },
  { name: "Jobs", to: paths.jobs(), key: "j", under: "/jobs" },
  { name: "Replays", to: paths.replays(), key: "r", under: "/replays" },
  { name: "Audit", to: paths.audit(), key: "a", under: "/audit" },
  { name: "Settings", to: paths.settings(), key: "s", under: "/settings" },
];

export const isAt = ({ under }: Place, path: string): boolean => (under === "/" ? path === "/" : path.startsWith(under));
