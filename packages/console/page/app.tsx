import { useEffect, useMemo, useState } from "react";
import { ClockProvider } from "./parts/clock.tsx";
import { LoadingPage, PageNotLoaded } from "./parts/loading-page.tsx";
import type { LazyPage } from "./router/lazy-page.ts";
import { usePath, waitFor } from "./router/location.ts";
import type { PathParts } from "./router/match-route.ts";
import { loadAllPages, pageAt } from "./routes.ts";
import { SessionEdge } from "./session/use-session.tsx";
import { ErrorEdge } from "./shell/error-edge.tsx";
import { Shell } from "./shell/shell.tsx";

waitFor((path) => {
  const [page] = pageAt(path);
  return page.component === null ? page.load() : null;
});

export function App() {
  const path = usePath();
  const [page, parts] = useMemo(() => pageAt(path), [path]);
  return (
    <ClockProvider>
      <SessionEdge>
        <Shell>
          <ErrorEdge key={path}>
            <PageThere page={page} parts={parts} />
          </ErrorEdge>
        </Shell>
      </SessionEdge>
    </ClockProvider>
  );
}

/** A page, or what stands there until it is loaded: at the first address, and where the browser's "back" leads to what is not there yet. */
function PageThere({ page, parts }: { readonly page: LazyPage; readonly parts: PathParts }) {
  const [, redraw] = useState(0);
  const [hasFailed, setFailed] = useState(false);
  useEffect(() => {
    if (page.component !== null) {
      whenIdle(() => void loadAllPages());
      return;
    }
    page.load().then(
      () => redraw((times) => times + 1),
      () => setFailed(true),
    );
  });
  if (hasFailed) return <PageNotLoaded />;
  const Component = page.component;
  return Component === null ? <LoadingPage /> : <Component parts={parts} />;
}

/** What can wait must not take the line from the answers of the first page. */
const idleAfterMs = 2_000;
let isAsked = false;

function whenIdle(act: () => void): void {
  if (isAsked) return;
  isAsked = true;
  setTimeout(() => ("requestIdleCallback" in globalThis ? requestIdleCallback(act) : act()), idleAfterMs);
}
