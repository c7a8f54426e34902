import { type ComponentType, useMemo } from "react";
import { ClockProvider } from "./parts/clock.tsx";
import { EventPage } from "./pages/events/event-page.tsx";
import { EventsPage } from "./pages/events/events-page.tsx";
import { FailureGroupPage } from "./pages/failures/failure-group-page.tsx";
import { FailurePage } from "./pages/failures/failure-page.tsx";
import { FailuresPage } from "./pages/failures/failures-page.tsx";
import { FlowPage } from "./pages/flow/flow-page.tsx";
import { FlowsPage } from "./pages/flow/flows-page.tsx";
import { JobPage } from "./pages/jobs/job-page.tsx";
import { JobsPage } from "./pages/jobs/jobs-page.tsx";
import { EditPage } from "./pages/redrive/edit-page.tsx";
import { PlanPage } from "./pages/redrive/plan-page.tsx";
import { RehearsePage } from "./pages/redrive/rehearse-page.tsx";
import { LagGroupPage } from "./pages/lag/lag-group-page.tsx";
import { LagPage } from "./pages/lag/lag-page.tsx";
import { AuditPage } from "./pages/audit/audit-page.tsx";
import { CataloguePage } from "./pages/catalogue/catalogue-page.tsx";
import { ContractPage } from "./pages/catalogue/contract-page.tsx";
import { MapPage } from "./pages/map/map-page.tsx";
import { OverviewPage } from "./pages/overview/overview-page.tsx";
import { SearchPage } from "./pages/search/search-page.tsx";
import { ServicePage } from "./pages/services/service-page.tsx";
import { ServicesPage } from "./pages/services/services-page.tsx";
import { NewReplayPage } from "./pages/replays/new-replay-page.tsx";
import { ReplayPage } from "./pages/replays/replay-page.tsx";
import { ReplaysPage } from "./pages/replays/replays-page.tsx";
import { SettingsPage } from "./pages/settings/settings-page.tsx";
import { NoPage } from "./pages/no-page.tsx";
import { usePath } from "./router/location.ts";
import { matchRoute, type PathParts } from "./router/match-route.ts";
import { SessionEdge } from "./session/use-session.tsx";
import { ErrorEdge } from "./shell/error-edge.tsx";
import { Shell } from "./shell/shell.tsx";

// The first that matches.
const routes: readonly (readonly [pattern: string, page: ComponentType<{ readonly parts: PathParts }>])[] = [
  ["/", OverviewPage],
  ["/search", SearchPage],
  ["/failures", FailuresPage],
  ["/failures/groups/:fingerprint", FailureGroupPage],
  ["/failures/groups/:fingerprint/rehearse", RehearsePage],
  ["/failures/:id", FailurePage],
  ["/failures/:id/edit", EditPage],
  ["/plans/:id", PlanPage],
  ["/jobs", JobsPage],
  ["/jobs/:id", JobPage],
  ["/flows", FlowsPage],
  ["/flows/:id", FlowPage],
  ["/events", EventsPage],
  ["/events/:topic/:partition/:offset", EventPage],
  ["/lag", LagPage],
  ["/lag/:group", LagGroupPage],
  ["/services", ServicesPage],
  ["/services/:name", ServicePage],
  ["/map", MapPage],
  ["/catalogue", CataloguePage],
  ["/catalogue/:type", ContractPage],
  ["/replays", ReplaysPage],
  ["/replays/new", NewReplayPage],
  ["/replays/:id", ReplayPage],
  ["/audit", AuditPage],
  ["/settings", SettingsPage],
];

export function App() {
  const path = usePath();
  const [Page, parts] = useMemo(() => pageAt(path), [path]);
  return (
    <ClockProvider>
      <SessionEdge>
        <Shell>
          <ErrorEdge key={path}>
            <Page parts={parts} />
          </ErrorEdge>
        </Shell>
      </SessionEdge>
    </ClockProvider>
  );
}

function pageAt(path: string): [ComponentType<{ readonly parts: PathParts }>, PathParts] {
  for (const [pattern, page] of routes) {
    const parts = matchRoute(pattern, path);
    if (parts !== null) return [page, parts];
  }
  return [NoPage, {}];
}
