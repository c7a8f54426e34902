import { parentPort, workerData } from "node:worker_threads";
import { createMemoryLog, createService, defineEvent, encodeEvent, type MemoryLog, type Store, withSequence } from "throughline";
import type { NewRecord } from "throughline/seams";
import * as z from "zod";
import { until } from "../../examples/shop/driver/until.ts";
import type { Arrivals } from "./arrival-orders.ts";
import { type Applied, notingMemoryStore, type NotingStore, notingSqliteStore, type Policy, policies } from "./noted-subjects.ts";

// A worker of the test, for the test runner's hooks on every promise cost more than the work itself.

const StockCounted = defineEvent("stock.counted", { version: 1, subject: "item", data: z.object({ item: z.string() }) });

/** Subjects whose events come at the same time. */
const atOnce = 100;

export interface DeliveryRun {
  readonly store: "memory" | "SQLite";
  /** One for each subject. */
  readonly arrivals: readonly Arrivals[];
}

export interface DeliveryOutcome {
  readonly health: { readonly live: boolean; readonly ready: boolean; readonly problems: readonly string[] };
  /** What is still parked, in words. */
  readonly parked: readonly string[];
  /** The numbers applied under each policy, for each subject. */
  readonly applied: Readonly<Record<Policy, readonly (readonly number[])[]>>;
}

/** Delivers every subject's events in its order of arrival to a handler of each policy. */
async function deliver({ store, arrivals }: DeliveryRun): Promise<DeliveryOutcome> {
  const noting = (store === "memory" ? notingMemoryStore() : notingSqliteStore()) as NotingStore<unknown>;
  const log = createMemoryLog({ defaultPartitions: 3 });
  await log.createTopics([{ name: StockCounted.stream }]);
  const service = createService({
    name: "warehouse",
    eventLog: log,
    store: noting.store,
    from: "earliest",
    log: { silent: true },
  });
  for (const order of policies)
    noting.declare(service, StockCounted, { name: order, order, note: ({ sequence }) => String(sequence) });
  const running = await service.start();
  try {
    for (let first = 0; first < arrivals.length; first += atOnce) {
      await append(log, arrivals.slice(first, first + atOnce), first);
      await until("all is handled", () => isSettled(log, noting.store), { everyMs: 2, timeoutMs: 60_000 });
    }
    const inOrder = (applied: Applied) => arrivals.map((_, i) => (applied.get(`s-${i}`) ?? []).map(Number));
    return {
      health: await running.health(),
      parked: await describeParked(noting.store, arrivals),
      applied: {
        sequential: inOrder(await noting.applied("sequential")),
        latest: inOrder(await noting.applied("latest")),
        any: inOrder(await noting.applied("any")),
      },
    };
  } finally {
    await running.close();
    noting.close();
  }
}

/** Side by side, so that the events of a subject come in one transaction, in several, and behind each other's parked ones. */
async function append(log: MemoryLog, subjects: readonly Arrivals[], first: number): Promise<void> {
  const places = Math.max(...subjects.map((arrivals) => arrivals.length));
  for (let from = 0; from < places; from += 3) {
    const records = subjects.flatMap((arrivals, i) =>
      arrivals.slice(from, from + 3).map((number) => recordOf(`s-${first + i}`, number)),
    );
    for (const result of await log.append(records)) if (!result.ok) throw result.error;
  }
}

function recordOf(subject: string, number: number): NewRecord {
  const { key, value, headers } = encodeEvent({
    id: `${subject}/${number}`,
    source: "stock",
    type: StockCounted.type,
    subject,
    timeMs: Date.now(),
    dataVersion: 1,
    data: { item: subject },
    correlationId: subject,
  });
  return { topic: StockCounted.stream, key, value, headers: withSequence(headers, number, 0) };
}

async function describeParked(store: Store<unknown>, arrivals: readonly Arrivals[]): Promise<string[]> {
  const rows = await store.unitOfWork(
    async (unit) =>
      Promise.all(
        (await unit.handlers.all()).map(({ id, liveEpoch }) => unit.parked.ofRun({ handlerId: id, epoch: liveEpoch }, 20)),
      ),
    { readOnly: true },
  );
  return rows.flat().map(({ handlerId, subject, sequence, state, reason }) => {
    const arrived = arrivals[Number(subject.slice(2))]?.join(" ");
    return `${state} (${reason}) for ${policies[handlerId - 1]}: ${subject} ${sequence} of ${arrived}`;
  });
}

function countParked(store: Store<unknown>) {
  return store.unitOfWork((unit) => unit.parked.counts(), { readOnly: true });
}

async function isSettled(log: MemoryLog, store: Store<unknown>): Promise<boolean> {
  const ends = await log.offsets(StockCounted.stream);
  const cursors = (await store.unitOfWork((unit) => unit.cursors.list(), { readOnly: true })).filter(
    ({ topic }) => topic === StockCounted.stream,
  );
  const isThrough =
    cursors.length === ends.length * policies.length &&
    cursors.every(({ partition, offset }) => offset === ends.find((found) => found.partition === partition)?.end);
  return isThrough && (await countParked(store)).every(({ state }) => state === "dead");
}

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads has no origin
parentPort?.postMessage(await deliver(workerData as DeliveryRun));
