import type { ControlRoutes } from "../control-app.ts";
import { auditRoutes } from "./audit-routes.ts";
import { catalogueRoutes } from "./catalogue-routes.ts";
import { eventRoutes } from "./event-routes.ts";
import { eventTailRoutes } from "./event-tail-routes.ts";
import { flowLogRoutes } from "./flow-log-routes.ts";
import { flowTraceRoutes } from "./flow-trace-routes.ts";
import { overviewRoutes } from "./overview-routes.ts";
import { searchRoutes } from "./search-routes.ts";
import { serviceRoutes } from "./service-routes.ts";
import { wholeFailureRoutes } from "./whole-failure-routes.ts";

/** What reads the log and the index, and changes no service. */
export const readingRoutes: readonly ControlRoutes[] = [
  overviewRoutes,
  auditRoutes,
  catalogueRoutes,
  flowLogRoutes,
  flowTraceRoutes,
  wholeFailureRoutes,
  eventRoutes,
  eventTailRoutes,
  searchRoutes,
  serviceRoutes,
];
