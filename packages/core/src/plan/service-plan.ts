import type { EventContract } from "../contract/index.ts";
import { type TopicPlan, topicPlan } from "../topics/topic-plan.ts";
import { type PlannedContract, plannedContract } from "./planned-contract.ts";

/**
 * Set by the command line: `start` then tells the service's plan over the process's channel, opens nothing, and ends the process. With the
 * value `start` it tells the plan, and starts.
 */
export const servicePlanVariable = "THROUGHLINE_PLAN";
export const tellAndStart = "start";

/** What a service is and needs by its code, told without an event log and a store. */
export interface ServicePlan extends TopicPlan {
  readonly version: string;
  readonly owner: string | null;
  /** In the order of the code, each type and version once. */
  readonly publishes: readonly PlannedContract[];
  readonly handlers: readonly PlannedHandler[];
}

export interface PlannedHandler {
  readonly name: string;
  readonly order: "sequential" | "latest" | "any";
  readonly contracts: readonly PlannedContract[];
}

export interface ServicePlanParts {
  readonly service: string;
  readonly version: string;
  readonly owner: string | null;
  readonly publishes: readonly EventContract[];
  readonly handlers: readonly (Pick<PlannedHandler, "name" | "order"> & { readonly contracts: readonly EventContract[] })[];
  readonly hasStore: boolean;
  readonly shipsLogs: boolean;
}

export function servicePlan({
  service,
  version,
  owner,
  publishes,
  handlers,
  hasStore,
  shipsLogs,
}: ServicePlanParts): ServicePlan {
  const handles = handlers.flatMap(({ contracts }) => contracts);
  const once = new Map(publishes.map((contract) => [`${contract.type} ${contract.version}`, contract]));
  return {
    ...topicPlan({ service, publishes, handles, hasStore, shipsLogs }),
    version,
    owner,
    publishes: [...once.values()].map(plannedContract),
    handlers: handlers.map(({ name, order, contracts }) => ({ name, order, contracts: contracts.map(plannedContract) })),
  };
}

/** Services of one module start together; the process ends when all have told. */
const endAfterMs = 100;
let ending: NodeJS.Timeout | undefined;
let beingTold = 0;

/** Tells whoever asked, and never settles. */
export function tellServicePlan(plan: ServicePlan): Promise<never> {
  clearTimeout(ending);
  beingTold += 1;
  const end = (): void => {
    beingTold -= 1;
    // A long plan is under way for a while: an end before it has left would cut it off.
    if (beingTold === 0) ending = setTimeout(() => process.exit(0), endAfterMs);
  };
  if (process.send === undefined) end();
  else process.send({ throughlinePlan: plan }, undefined, undefined, end);
  return new Promise(() => undefined);
}

/** Tells whoever asked, who may have gone. */
export function alsoTellServicePlan(plan: ServicePlan): void {
  process.send?.({ throughlinePlan: plan }, undefined, undefined, () => undefined);
}
