import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import { Dialog } from "../parts/dialog.tsx";
import { Link } from "../router/link.tsx";
import { usePath } from "../router/location.ts";
import { paths } from "../router/paths.ts";
import { Account } from "../session/account.tsx";
import { CommandPalette } from "./command-palette.tsx";
import { IndexState } from "./index-state.tsx";
import { isAt, places } from "./places.ts";
import { SearchBox } from "./search-box.tsx";
import { keys, useShortcuts } from "./shortcuts.tsx";
import { TenantBar, TenantSwitch } from "./tenant-switch.tsx";
import { ThemeSwitch } from "./theme-switch.tsx";
import { ZoneSwitch } from "./zone-switch.tsx";

type Open = "palette" | "keys" | "tenant" | null;

/** What stands around every page. */
export function Shell({ children }: { readonly children: ReactNode }) {
  const [open, setOpen] = useState<Open>(null);
  const path = usePath();
  const main = useMainOf(path);
  const openPalette = useCallback(() => setOpen("palette"), []);
  const openKeys = useCallback(() => setOpen("keys"), []);
  const close = useCallback(() => setOpen(null), []);
  // The browser tells that it was closed when what was chosen there has opened already.
  const closePalette = useCallback(() => setOpen((now) => (now === "palette" ? null : now)), []);
  const openTenant = useCallback(() => setOpen("tenant"), []);
  useShortcuts({ openPalette, openKeys, openTenant });
  return (
    <div className="shell">
      <a className="skip" href="#main">
        To the content
      </a>
      <aside className="side">
        <Link className="brand" to={paths.overview()}>
          <img src="/mark.svg" alt="" /> Throughline
        </Link>
        <nav aria-label="Pages">
          <ul>
            {places.map((place) => (
              <li key={place.to}>
                <Link className="place" to={place.to} aria-current={isAt(place, path) ? "page" : undefined}>
                  {place.name}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
        <div className="more">
          <IndexState />
          <Account />
          <button type="button" className="button quiet" onClick={openKeys}>
            Keys <kbd>?</kbd>
          </button>
        </div>
      </aside>
      <header className="top">
        <SearchBox />
        <div className="tools">
          <button type="button" className="button quiet wide-only" onClick={openPalette}>
            Go to <kbd>Ctrl K</kbd>
          </button>
          <TenantSwitch isOpen={open === "tenant"} setOpen={(isOpen) => setOpen(isOpen ? "tenant" : null)} />
          <ZoneSwitch />
          <ThemeSwitch />
        </div>
      </header>
      <main className="main" id="main" tabIndex={-1} ref={main}>
        <div className="narrow-only">
          <IndexState isQuiet />
        </div>
        <TenantBar />
        {children}
      </main>
      <nav className="tabs-below" aria-label="Pages">
        {places.slice(0, 4).map((place) => (
          <Link key={place.to} to={place.to} aria-current={isAt(place, path) ? "page" : undefined}>
            {place.name}
          </Link>
        ))}
        <button type="button" onClick={openPalette}>
          More
        </button>
      </nav>
      {open === "palette" && <CommandPalette onClose={closePalette} openTenant={openTenant} />}
      {open === "keys" && (
        <Dialog title="Keys" onClose={close}>
          <dl className="keys">
            {keys.map(([key, does]) => (
              <div key={key} style={{ display: "contents" }}>
                <dt>
                  <kbd>{key}</kbd>
                </dt>
                <dd>{does}</dd>
              </div>
            ))}
          </dl>
        </Dialog>
      )}
    </div>
  );
}

/** A new page begins at its top, and the focus with it; what was opened first keeps the browser's own. */
function useMainOf(path: string) {
  const main = useRef<HTMLElement>(null);
  const last = useRef(path);
  useEffect(() => {
    if (last.current === path) return;
    last.current = path;
    globalThis.scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [path]);
  return main;
}
