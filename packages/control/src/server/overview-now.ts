import { type Actor, actorMay } from "../access/actor.ts";
import { type Overview, overviewOf } from "../overview/overview.ts";
import type { ControlParts } from "./control-parts.ts";
import { indexBlind } from "./index-blind.ts";
import { serviceFacts } from "./service-facts.ts";

const deliveriesSeen = 500;

/** The overview as somebody may see it. */
export async function overviewNow(parts: ControlParts, actor: Actor, tenantId?: string): Promise<Overview> {
  const { index, lag, surroundings } = parts;
  return overviewOf(
    index,
    {
      ...(await serviceFacts(parts, actor)),
      seesAll: actorMay(actor, "read"),
      isSeen: (service) => actorMay(actor, "read", service),
      nowMs: surroundings.clock.now(),
      blind: await indexBlind(parts),
      unwatched: lag.watcher.problem,
      incidents: await lag.store.incidents({ isOpen: true, limit: -1 }),
      deliveries: await lag.store.deliveries({ limit: deliveriesSeen }),
    },
    tenantId,
  );
}
