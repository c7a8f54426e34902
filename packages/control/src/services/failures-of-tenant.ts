import type { FailureGroup } from "../failures/indexed-failure.ts";
import type { FailureCount, IndexStore } from "../index-store/index-store.ts";

const mostGroups = 500;

/** How many failures of a tenant each handler has that nobody has answered: counted as open, also where somebody asked. */
export const failuresOfTenant = async (index: Pick<IndexStore, "failureGroups">, tenantId: string): Promise<FailureCount[]> =>
  (await index.failureGroups({ tenantId, openOnly: true, limit: mostGroups }))
    .map(asOfTenant)
    .map((group) => ({ ...group, groups: 1 }));

/** A group as its tenant sees it: without the failures of others. */
export const asOfTenant = (group: FailureGroup): FailureGroup =>
  group.ofTenant === null ? group : { ...group, count: group.ofTenant, open: group.ofTenant, asked: 0 };
