import { setImmediate as nextTurn } from "node:timers/promises";
import type { IndexStore } from "../index-store/index-store.ts";
import type { ServicesSeen } from "../reading/services-seen.ts";
import type { PlannedConsumer } from "./job.ts";
import type { DraftConsumer, JobStore } from "./job-store.ts";

/** Receipts that are looked at at once. */
const pageSize = 2_000;

/** The consumers of a plan, with what waits behind their letters, and what of their services runs. */
export async function planConsumers(
  { index, jobs, id }: { readonly index: IndexStore; readonly jobs: JobStore; readonly id: string },
  services: ServicesSeen,
): Promise<(PlannedConsumer & { readonly uncertain: number })[]> {
  const consumers: (PlannedConsumer & { readonly uncertain: number })[] = [];
  for (const { places, ...consumer } of await jobs.consumersOf(id)) {
    const running = [...new Set(services.running(consumer.service).map(({ version }) => version))];
    consumers.push({
      ...consumer,
      waiting: consumer.heldSubjects === 0 ? 0 : await waitingBehind({ index, jobs, id }, consumer, places),
      running,
      absence: services.absence(consumer.service)?.state ?? null,
    });
  }
  return consumers;
}

/** Events that stand parked behind a letter of their subject: only what comes after the first of the letters can. */
async function waitingBehind(
  { index, jobs, id }: { readonly index: IndexStore; readonly jobs: JobStore; readonly id: string },
  { service, handler }: Pick<DraftConsumer, "service" | "handler">,
  places: DraftConsumer["places"],
): Promise<number> {
  let waiting = 0;
  for (const { topic, partition, offset } of places) {
    let after: number | null = offset;
    while (after !== null) {
      const page = await index.parkedBehind({ service, handler, topic, partition, after, limit: pageSize });
      const subjects = [...new Set(page.subjects)];
      const held = subjects.length === 0 ? new Set() : await jobs.heldSubjects(id, { service, handler }, subjects);
      waiting += page.subjects.filter((subject) => held.has(subject)).length;
      after = page.next;
      await nextTurn();
    }
  }
  return waiting;
}
