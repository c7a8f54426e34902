import { type Candidate, type ConsumerBreak, whoBreaks } from "@throughline/registry";

/** Where the code at hand has a version of the consumer that a change does not break, what to do about it; null elsewhere. */
export function deployFirst(found: ConsumerBreak, publisher: Candidate, code: readonly Candidate[]): string | null {
  const { service, handler } = found.consumer;
  if (service === publisher.service || found.publisher !== publisher.service) return null;
  const newer = code.find((each) => each.service === service);
  if (newer === undefined) return null;
  const reads = newer.contracts.handlers.filter(({ name }) => handler === null || name === handler);
  const running = [
    {
      service,
      version: newer.version,
      instances: [],
      contracts: { publishes: [], handlers: reads },
      whyUnknown: null,
      handles: [],
      publishes: [],
    },
  ];
  const { breaks } = whoBreaks({ service: publisher.service, publishes: publisher.contracts.publishes }, running);
  const isBroken = breaks.some(({ type }) => type === found.type);
  const isRead = reads.some((each) => each.reads.some(({ type }) => type === found.type));
  if (isBroken || (found.version === null && isRead)) return null;
  return `The code of ${service} at hand is not broken by it: deploy ${service} first.`;
}
