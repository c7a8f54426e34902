import { lazyPage, type LazyPage } from "./router/lazy-page.ts";
import { matchRoute, type PathParts } from "./router/match-route.ts";

/** Every page by its address: each is loaded when somebody goes there. The first that matches. */
const routes: readonly (readonly [pattern: string, page: LazyPage])[] = [
  ["/", lazyPage(async () => (await import("./pages/overview/overview-page.tsx")).OverviewPage)],
  ["/search", lazyPage(async () => (await import("./pages/search/search-page.tsx")).SearchPage)],
  ["/failures", lazyPage(async () => (await import("./pages/failures/failures-page.tsx")).FailuresPage)],
  [
    "/failures/groups/:fingerprint",
    lazyPage(async () => (await import("./pages/failures/failure-group-page.tsx")).FailureGroupPage),
  ],
  [
    "/failures/groups/:fingerprint/rehearse",
    lazyPage(async () => (await import("./pages/redrive/rehearse-page.tsx")).RehearsePage),
  ],
  ["/failures/:id", lazyPage(async () => (await import("./pages/failures/failure-page.tsx")).FailurePage)],
  ["/failures/:id/edit", lazyPage(async () => (await import("./pages/redrive/edit-page.tsx")).EditPage)],
  ["/plans/:id", lazyPage(async () => (await import("./pages/redrive/plan-page.tsx")).PlanPage)],
  ["/jobs", lazyPage(async () => (await import("./pages/jobs/jobs-page.tsx")).JobsPage)],
  ["/jobs/:id", lazyPage(async () => (await import("./pages/jobs/job-page.tsx")).JobPage)],
  ["/flows", lazyPage(async () => (await import("./pages/flow/flows-page.tsx")).FlowsPage)],
  ["/flows/:id", lazyPage(async () => (await import("./pages/flow/flow-page.tsx")).FlowPage)],
  ["/events", lazyPage(async () => (await import("./pages/events/events-page.tsx")).EventsPage)],
  ["/events/:topic/:partition/:offset", lazyPage(async () => (await import("./pages/events/event-page.tsx")).EventPage)],
  ["/lag", lazyPage(async () => (await import("./pages/lag/lag-page.tsx")).LagPage)],
  ["/lag/:group", lazyPage(async () => (await import("./pages/lag/lag-group-page.tsx")).LagGroupPage)],
  ["/services", lazyPage(async () => (await import("./pages/services/services-page.tsx")).ServicesPage)],
  ["/services/:name", lazyPage(async () => (await import("./pages/services/service-page.tsx")).ServicePage)],
  ["/map", lazyPage(async () => (await import("./pages/map/map-page.tsx")).MapPage)],
  ["/catalogue", lazyPage(async () => (await import("./pages/catalogue/catalogue-page.tsx")).CataloguePage)],
  ["/catalogue/:type", lazyPage(async () => (await import("./pages/catalogue/contract-page.tsx")).ContractPage)],
  ["/replays", lazyPage(async () => (await import("./pages/replays/replays-page.tsx")).ReplaysPage)],
  ["/replays/new", lazyPage(async () => (await import("./pages/replays/new-replay-page.tsx")).NewReplayPage)],
  ["/replays/:id", lazyPage(async () => (await import("./pages/replays/replay-page.tsx")).ReplayPage)],
  ["/audit", lazyPage(async () => (await import("./pages/audit/audit-page.tsx")).AuditPage)],
  ["/settings", lazyPage(async () => (await import("./pages/settings/settings-page.tsx")).SettingsPage)],
];

const noPage = lazyPage(async () => (await import("./pages/no-page.tsx")).NoPage);

/** The page at a path, and the parts of the path that it is about. */
export function pageAt(path: string): readonly [LazyPage, PathParts] {
  for (const [pattern, page] of routes) {
    const parts = matchRoute(pattern, path);
    if (parts !== null) return [page, parts];
  }
  return [noPage, {}];
}

/** Loads every page that is not there yet, one after the other, so that the next click waits for nothing. What fails is tried again when it is wanted. */
export async function loadAllPages(): Promise<void> {
  for (const [, page] of routes) await page.load().catch(() => undefined);
}
