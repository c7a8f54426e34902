import type { GroupInfo } from "throughline/seams";
import { receiptsTopic } from "throughline/system-topics";
import type { IndexedFailure } from "../failures/indexed-failure.ts";
import type { IndexedPartition, IndexStore } from "../index-store/index-store.ts";
import { contentOf } from "../indexing/what-stands-in.ts";
import { flowOf, groupByFlow, type FlowQuery, type LoggedEvent } from "../reading/flow-events.ts";
import { rerunsOf } from "../reading/read-flows.ts";
import type { SeenEvent } from "../reading/seen-event.ts";
import { ServicesSeen } from "../reading/services-seen.ts";
import { treeOf, type Flow } from "./flow-tree.ts";
import { HandlerReceipts } from "./handler-receipts.ts";
import type { Evidence, KnownFailure } from "./handler-outcome.ts";

export interface IndexFlowsOptions {
  readonly nowMs: number;
  /** The log's consumer groups, where they are at hand: they tell of instances that were killed. */
  readonly groups?: readonly GroupInfo[];
}

export interface IndexedFlows {
  /** Oldest first. */
  readonly flows: readonly Flow[];
  /** What announced itself, to explain a flow by. */
  readonly services: ServicesSeen;
  /** Why the index may not know all of it, in a few words; null when it does. */
  readonly blind: string | null;
}

/** A subject may be in many flows; the newest are shown. */
const mostFlows = 20;
const mostEventsOfASubject = 200;

/**
 * The flows that a query names, from the index alone: by the correlation id or the id of an event, whole, or by a subject (the newest
 * twenty). Each as `readFlows` reads it from the log; where the index is behind, what it cannot know is `unknown`, never `missing`.
 */
export async function findFlows(store: IndexStore, query: FlowQuery, options: IndexFlowsOptions): Promise<IndexedFlows> {
  const services = new ServicesSeen(await store.announcements(), options.nowMs, options.groups ?? []);
  const positions = (await store.positions()).filter(({ isGone }) => !isGone);
  const blind = whyBlind(positions, options.nowMs);
  const found = await eventsOf(store, query);
  const grouped = groupByFlow([...found.values()].flat(), [...found.keys()]);
  const evidence = await evidenceOf(store, [...grouped.values()].flat(), services, { ...options, blind, positions });
  const flows = [...grouped].filter(([, logged]) => logged.length > 0);
  return { flows: flows.map(([correlationId, logged]) => ({ correlationId, roots: treeOf(logged, evidence) })), services, blind };
}

/** Every event of the flows that a query names, oldest flow first. */
async function eventsOf(store: IndexStore, query: FlowQuery): Promise<Map<string, readonly SeenEvent[]>> {
  if ("id" in query) {
    const events = await store.findEvents({ flow: query.id });
    if (events.length > 0) return new Map([[query.id, events]]);
  }
  const named = await store.findEvents("id" in query ? query : { ...query, limit: mostEventsOfASubject });
  const flows = "id" in query ? named.slice(0, 1).map(flowOf) : [...new Set(named.map(flowOf))].slice(-mostFlows);
  return new Map(await Promise.all(flows.map(async (flow) => [flow, await store.findEvents({ flow })] as const)));
}

/** Ends are looked at every few hundred milliseconds while the index follows the log. */
const staleAfterMs = 30_000;

/** Events that are not there yet, receipts that are not read, an index that nobody moves on: each may hide an outcome. */
export function whyBlind(positions: readonly IndexedPartition[], nowMs: number): string | null {
  if (positions.length === 0) return "the index is empty";
  const lookedAtMs = positions.reduce((latest, position) => Math.max(latest, position.lookedAtMs), 0);
  if (Math.abs(nowMs - lookedAtMs) > staleAfterMs) return "the index does not follow the log now";
  const behind = positions
    .filter(({ topic }) => contentOf(topic) !== null)
    .reduce((sum, { nextOffset, endOffset }) => sum + Math.max(0, endOffset - nextOffset), 0);
  if (behind > 0) return `the index is ${behind.toLocaleString("en")} records behind the log`;
  return positions.some(({ topic }) => topic === receiptsTopic) ? null : "no receipts are written: they are off";
}

async function evidenceOf(
  store: IndexStore,
  events: readonly LoggedEvent[],
  services: ServicesSeen,
  { nowMs, blind, positions }: IndexFlowsOptions & { blind: string | null; positions: readonly IndexedPartition[] },
): Promise<Evidence> {
  const places = events.flatMap((logged) => logged.places);
  const marks = new Map(
    (await store.committed()).map((mark) => [JSON.stringify([mark.group, mark.topic, mark.partition]), mark]),
  );
  const markOf = (service: string, topic: string, partition: number) => marks.get(JSON.stringify([service, topic, partition]));
  return {
    services,
    receipts: await receiptsFor(store, places, services),
    failures: (await store.failuresAt(places)).map(knownFailure),
    committed: (service, topic, partition) => markOf(service, topic, partition)?.offset ?? null,
    settled: (service, topic, partition) => markOf(service, topic, partition)?.settled ?? null,
    receiptHorizonMs: positions
      .filter(({ topic }) => topic === receiptsTopic)
      .reduce((horizon, { lostUntilMs }) => Math.max(horizon, lostUntilMs ?? 0), 0),
    blind,
    nowMs,
  };
}

/** Clocks of publishers may be ahead of those of consumers by this much. */
const clockSlackMs = 60_000;

/** A receipt from before the event was there is of a former topic of this name. */
async function receiptsFor(store: IndexStore, places: readonly SeenEvent[], services: ServicesSeen): Promise<HandlerReceipts> {
  const isRerun = rerunsOf(services);
  const found = await store.receiptsOf(places);
  const handled = new HandlerReceipts();
  for (const { service, handler } of found.reporting) handled.noteReporting(service, handler);
  for (const reach of found.reach) handled.noteReach(reach);
  for (const range of found.ranges) {
    if (isRerun(range.service, range.handler, range.epoch)) continue;
    const inside = places.filter(
      ({ topic, partition, timestampMs }) =>
        topic === range.topic && partition === range.partition && timestampMs - clockSlackMs <= range.atMs,
    );
    handled.addRange(range, inside);
  }
  for (const placed of found.told) {
    const { receipt } = placed;
    const event = places.find(
      ({ topic, partition, offset }) => topic === receipt.topic && partition === receipt.partition && offset === receipt.offset,
    );
    const isOfThis = event !== undefined && event.timestampMs - clockSlackMs <= receipt.atMs;
    if (isOfThis && !isRerun(receipt.service, receipt.handler, receipt.epoch)) handled.addTold(placed);
  }
  return handled;
}

const knownFailure = (failure: IndexedFailure): KnownFailure => failure;
