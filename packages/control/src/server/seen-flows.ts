import type { Actor } from "../access/actor.ts";
import { eventsOf } from "../flow/flow-summary.ts";
import { findFlows } from "../flow/index-flows.ts";
import { seenFlow, type SeenFlow } from "../flow/seen-flow.ts";
import type { FlowQuery } from "../reading/flow-events.ts";
import { ServicesSeen } from "../reading/services-seen.ts";
import type { ControlParts } from "./control-parts.ts";

export interface FoundFlows {
  /** Oldest first. */
  readonly flows: readonly SeenFlow[];
  /** Those that whoever asks may see. */
  readonly services: ServicesSeen;
  readonly blind: string | null;
}

/**
 * The flows that a query names, as somebody may see them. One in which they may see nothing is not there for them, nor is one that is named
 * by what they may not see of it: its id or subject would tell them that there is such a thing.
 */
export async function findSeenFlows(
  { index, log, surroundings }: Pick<ControlParts, "index" | "log" | "surroundings">,
  { services: maySee }: Pick<Actor, "services">,
  query: FlowQuery,
): Promise<FoundFlows> {
  const nowMs = surroundings.clock.now();
  const groups = await log.groups().catch(() => []);
  const { flows, services, blind } = await findFlows(index, query, { nowMs, groups });
  const seen = flows.map((flow) => seenFlow(flow, maySee));
  if (maySee === null) return { flows: seen, services, blind };
  return {
    flows: seen.filter(({ flow }) => isNamedBySeen(flow, query)),
    services: new ServicesSeen(
      services.instances.filter(({ service }) => maySee.includes(service)),
      nowMs,
      groups,
    ),
    blind,
  };
}

function isNamedBySeen(flow: SeenFlow["flow"], query: FlowQuery): boolean {
  const events = eventsOf(flow);
  if ("subject" in query) return events.some(({ subject }) => subject === query.subject);
  return events.some(({ id, correlationId }) => id === query.id || (correlationId ?? id) === query.id);
}
