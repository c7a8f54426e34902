import type { IndexStore, Place } from "../src/index.ts";

const sorted = (rows: readonly unknown[]): string[] => rows.map((row) => JSON.stringify(row)).toSorted();

/** Everything that an index answers about some events and all failures, whatever numbers its rows have: two that say the same are equal. */
export async function answersOf(store: IndexStore, ids: readonly string[], subjects: readonly string[] = []) {
  const events = await Promise.all(ids.map((id) => store.findEvents({ id })));
  const flows = [...new Set(events.flat().map(({ correlationId, id }) => correlationId ?? id))].toSorted();
  const places: Place[] = events.flat().map(({ topic, partition, offset }) => ({ topic, partition, offset }));
  const { failures } = await store.failures({ withSuperseded: true, limit: 1_000 });
  const places2: Place[] = failures.map(({ origin }) => origin);
  const receipts = await store.receiptsOf([...places, ...places2]);
  const handlers = new Map(
    failures.map(({ service, handler, origin }) => [
      JSON.stringify([service, handler, origin.topic, origin.partition]),
      { service, handler, ...origin },
    ]),
  );
  const positions = await store.positions();
  return {
    positions: sorted(positions.map(({ lookedAtMs: _, ...position }) => Object.entries(position).toSorted())),
    events,
    flows: await Promise.all(flows.map((flow) => store.findEvents({ flow }))),
    subjects: await Promise.all(subjects.map((subject) => store.findEvents({ subject, limit: 3 }))),
    ranges: sorted(receipts.ranges.map((range) => Object.entries(range).toSorted())),
    told: sorted(receipts.told),
    reach: sorted(receipts.reach.map((reach) => Object.entries(reach).toSorted())),
    reporting: sorted(receipts.reporting.map((handler) => Object.entries(handler).toSorted())),
    failures: sorted(failures.map((failure) => Object.entries(failure).toSorted())),
    byId: sorted(
      await Promise.all(failures.map(async ({ failureId }) => Object.entries((await store.failure(failureId))!).toSorted())),
    ),
    at: sorted((await store.failuresAt(places2)).map(({ failureId }) => failureId)),
    named: await Promise.all(
      (["failure", "event", "correlation", "subject"] as const).map(async (kind) =>
        (await Promise.all(["f-", "e", "0", "%", "o-1", "zz"].map((prefix) => store.failuresNamed(kind, prefix, 500)))).map(
          (found) => found.map(({ failureId }) => failureId).toSorted(),
        ),
      ),
    ),
    waiting: await Promise.all(failures.map((failure) => store.waitingBehind(failure, 2))),
    parked: await Promise.all(
      [...handlers.values()].map(({ service, handler, topic, partition }) =>
        store.parkedBehind({ service, handler, topic, partition, after: -1, limit: 1_000 }),
      ),
    ),
    groups: sorted((await store.failureGroups()).map((group) => Object.entries(group).toSorted())),
    open: sorted((await store.failureGroups({ openOnly: true })).map(({ fingerprint }) => fingerprint)),
    counts: await store.failureCounts(),
    hurt: await store.hurtTenants(100),
    audit: (await store.auditEntries({ limit: 500 })).entries,
    audited: (await store.auditEntries({ by: "eva", without: ["discard"], limit: 3 })).entries,
    auditedThere: (await store.auditEntries({ services: ["billing"], action: "redrive", limit: 500 })).entries,
    acknowledged: sorted(await store.acknowledgements()),
    announcements: await store.announcements(),
    contracts: await store.contracts(),
    versions: await Promise.all(["billing", "notifications", "nobody"].map((service) => store.versionsOf(service))),
    committed: sorted((await store.committed()).map((mark) => Object.entries(mark).toSorted())),
    types: await store.typesSeen(),
    lines: await Promise.all(flows.map(async (flow) => (await store.logLines({ of: { flow }, limit: 100 })).lines)),
    linesOfEvents: await Promise.all(ids.map(async (event) => (await store.logLines({ of: { event }, limit: 100 })).lines)),
    gaps: await store.logGaps({ services: ["billing", "notifications"], fromMs: 0, toMs: Number.MAX_SAFE_INTEGER }),
    traffic: await store.traffic(0),
  };
}
