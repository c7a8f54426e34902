import type { ServiceAnnouncement } from "throughline/system-topics";
import type { LagWatcher } from "../lag/lag-watcher.ts";
import { ServicesSeen } from "../reading/services-seen.ts";

/** Every group as the last sample found it, and the handlers that read by themselves. */
export function lagView(
  watcher: LagWatcher,
  announcements: ServiceAnnouncement[],
  nowMs: number,
  isShown: (group: string) => boolean,
) {
  const { report, sampledAtMs, problem } = watcher;
  const handlers = handlersByThemselves(new ServicesSeen(announcements, nowMs)).filter(({ service }) => isShown(service));
  return { sampledAtMs, problem, groups: (report?.groups ?? []).filter(({ group }) => isShown(group)), handlers };
}

/** Handlers that are not live, by the newest word of each service. */
const handlersByThemselves = (services: ServicesSeen) =>
  services.names().flatMap((service) =>
    services
      .handlers(service)
      .filter(({ state }) => state !== "live")
      .map(({ name, state, behind, problem }) => ({ service, handler: name, state, behind, problem })),
  );
