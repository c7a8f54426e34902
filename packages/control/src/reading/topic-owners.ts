import type { IndexedContracts } from "../index-store/index-store.ts";

/**
 * Whose each topic is: the services that ever announced that they publish to it. A topic that nobody announced is nobody's, whatever the
 * events in it say of their source, for anybody can write that.
 * @param nameNow A service that was renamed has what it had.
 */
export function topicOwners(
  announced: readonly IndexedContracts[],
  nameNow: (service: string) => string,
): ReadonlyMap<string, readonly string[]> {
  const owners = new Map<string, Set<string>>();
  for (const { service, contracts } of announced)
    for (const { stream } of contracts.publishes) owners.set(stream, (owners.get(stream) ?? new Set()).add(nameNow(service)));
  return new Map([...owners].map(([topic, services]) => [topic, [...services]]));
}
