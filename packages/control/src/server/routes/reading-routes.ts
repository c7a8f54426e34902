import type { ControlRoutes } from "../control-app.ts";
import { eventRoutes } from "./event-routes.ts";
import { eventTailRoutes } from "./event-tail-routes.ts";
import { wholeFailureRoutes } from "./whole-failure-routes.ts";

/** What reads the log and the index, and changes nothing. */
export const readingRoutes: readonly ControlRoutes[] = [wholeFailureRoutes, eventRoutes, eventTailRoutes];
