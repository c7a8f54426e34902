import { useEffect, useRef } from "react";
import { navigate } from "../router/location.ts";
import { places } from "./places.ts";

interface ShortcutActions {
  readonly openPalette: () => void;
  readonly openKeys: () => void;
  readonly openTenant: () => void;
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || (/^(?:input|textarea|select)$/i.test(target.tagName) && !isCheckbox(target)));

const isCheckbox = (target: HTMLElement): boolean => target instanceof HTMLInputElement && target.type === "checkbox";

/** How long after `g` the second key may come. */
const secondKeyMs = 1_200;

/** The keys of the page. `?` shows them. */
export function useShortcuts({ openPalette, openKeys, openTenant }: ShortcutActions): void {
  const goAt = useRef(0);
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") return done(event, openPalette);
      if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target)) return undefined;
      if (document.querySelector("dialog[open]") !== null) return undefined;
      if (Date.now() - goAt.current < secondKeyMs) {
        goAt.current = 0;
        const place = places.find(({ key }) => key === event.key);
        if (place !== undefined) return done(event, () => navigate(place.to));
      }
      switch (event.key) {
        case "g":
          goAt.current = Date.now();
          return undefined;
        case "/":
          return done(event, focusSearch);
        case "?":
          return done(event, openKeys);
        case "t":
          return done(event, openTenant);
        case "j":
          return done(event, () => moveRow(1));
        case "k":
          return done(event, () => moveRow(-1));
        case "x":
          return done(event, chooseRow);
        default:
          return undefined;
      }
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [openPalette, openKeys, openTenant]);
}

function done(event: KeyboardEvent, act: () => void): void {
  event.preventDefault();
  act();
}

const focusSearch = (): void => document.querySelector<HTMLInputElement>("[data-search]")?.focus();

const rows = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>("main [data-row]")];

/** The focus goes to what the row is opened by. */
function moveRow(by: number): void {
  const all = rows();
  const here = all.findIndex((row) => row.contains(document.activeElement));
  const next = all[Math.max(0, Math.min(all.length - 1, here < 0 ? 0 : here + by))];
  const target = next?.querySelector<HTMLElement>("a.opens, a, button, input");
  target?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

const chooseRow = (): void =>
  rows()
    .find((row) => row.contains(document.activeElement))
    ?.querySelector<HTMLInputElement>('input[type="checkbox"]')
    ?.click();

/** What the keys do, for those who ask. */
export const keys: readonly (readonly [keys: string, does: string])[] = [
  ["/", "search"],
  ["Ctrl K", "go anywhere"],
  ["t", "only one tenant"],
  ["j", "next in a list"],
  ["k", "the one before"],
  ["Enter", "open it"],
  ["x", "choose it"],
  ["Esc", "close what is open"],
  ["?", "these keys"],
  ...places.map(({ name, key }) => [`g ${key}`, `to ${name}`] as const),
];
