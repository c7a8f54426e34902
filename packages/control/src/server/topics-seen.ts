import type { LogRecord } from "throughline/seams";
import { type Actor, requireRight } from "../access/actor.ts";
import { controlError } from "../errors/catalogue.ts";
import { ServicesSeen } from "../reading/services-seen.ts";
import { topicOwners } from "../reading/topic-owners.ts";
import type { ControlParts } from "./control-parts.ts";

/** Whose topics somebody looks at, and what they may do there. */
export interface TopicsSeen {
  /** Those that are looked at; null: all that there are. */
  readonly topics: readonly string[] | null;
  /** @throws ACCESS_FORBIDDEN for who may not see the data of all of them */
  requirePayload(): void;
}

/**
 * The topics with events that somebody may look at: those of services that they may see. A topic that is nobody's, by what services
 * announce, or of several, is for who may see all of these, or everything.
 * @param asked Topics that they name; empty: all they may see.
 * @throws ACCESS_FORBIDDEN for one that is named and not theirs to see, whether there is one or not
 */
export async function topicsSeen(
  { index, surroundings }: Pick<ControlParts, "index" | "surroundings">,
  actor: Actor,
  asked: readonly string[],
): Promise<TopicsSeen> {
  const services = new ServicesSeen(await index.announcements(), surroundings.clock.now());
  const owners = topicOwners(await index.contracts(), (service) => services.nameNow(service));
  const maySee = actor.services === null ? null : new Set(actor.services);
  const isTheirs = (topic: string): boolean =>
    maySee === null || (owners.has(topic) && owners.get(topic)!.every((service) => maySee.has(service)));
  const refused = asked.find((topic) => !isTheirs(topic));
  if (refused !== undefined)
    throw controlError("ACCESS_FORBIDDEN", { who: actor.name, what: `see events of the topic "${refused}"`, right: "read" });
  const topics = asked.length > 0 ? asked : maySee === null ? null : [...owners.keys()].filter(isTheirs);
  return {
    topics,
    requirePayload: () => {
      if (topics === null) return requireRight(actor, "payload", null);
      for (const topic of topics) requireRight(actor, "payload", owners.get(topic) ?? null);
    },
  };
}

type Wanted = (record: LogRecord) => boolean | Promise<boolean>;

/** What is wanted of records, of those topics alone. */
export const inTopics = ({ topics }: TopicsSeen, wanted: Wanted): Wanted => {
  if (topics === null) return wanted;
  const seen = new Set(topics);
  return (record) => seen.has(record.topic) && wanted(record);
};
