import { type Actor, actorMay } from "../access/actor.ts";
import { ServicesSeen } from "../reading/services-seen.ts";
import type { ServiceFacts } from "../services/service-list.ts";
import type { ControlParts } from "./control-parts.ts";

/** What services say, what failed, and how far they are behind: now. @param actor Only what this one may see. */
export async function serviceFacts(
  { index, log, lag, surroundings }: Pick<ControlParts, "index" | "log" | "lag" | "surroundings">,
  actor?: Actor,
): Promise<ServiceFacts> {
  const isSeen = (service: string): boolean => actor === undefined || actorMay(actor, "read", service);
  const [instances, groups, failures] = await Promise.all([
    index.announcements(),
    log.groups().catch(() => []),
    index.failureCounts(),
  ]);
  const seen = instances.filter(({ service }) => isSeen(service));
  return {
    services: new ServicesSeen(seen, surroundings.clock.now(), groups),
    failures: failures.filter(({ service }) => isSeen(service)),
    lag: lag.watcher.report?.groups.filter(({ group }) => isSeen(group)) ?? null,
  };
}
