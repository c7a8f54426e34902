import { partitionForKey } from "throughline/seams";
import type { BenchRow } from "../bench-row.ts";
import { HandCoalescingProducer, handOrder } from "../by-hand/hand-coalescing-producer.ts";
import { invoicesInPostgres } from "../kafka-invoices.ts";
import { emptyTopic, partitionCount, subjectCount } from "../kafka-orders.ts";
import { orderData } from "../order-events.ts";
import { BillingInstance } from "../processes/billing-instance.ts";
import { newServiceName } from "../service-name.ts";

const sessionS = 10;

export const takeover: BenchRow = {
  name: "takeover",
  covers: `Two instances of a service in processes of their own, 500 events a second; one is killed with kill -9: until the other has handled an event of each of its partitions. With the default session of ${sessionS} s.`,
  unit: "s",
  events: 1_000,
  rounds: 2,
  better: "less",
  limit: sessionS + 2,
  async ours({ events, services }) {
    const topic = await emptyTopic(services, "takeover");
    const { url, bootstrapServers } = await services.kafka();
    await using database = await services.database();
    await database.query(invoicesInPostgres);
    const name = newServiceName("billing");
    const producer = new HandCoalescingProducer(bootstrapServers, topic);
    let published = 0;
    const publishing = setInterval(() => {
      void producer.send(handOrder(orderData(published % subjectCount, subjectCount)));
      published += 1;
    }, 2);
    const progress = [new PartitionProgress(), new PartitionProgress()] as const;
    const lookers = new Set<() => void>();
    const [victim, heir] = progress.map(
      (each) =>
        new BillingInstance({
          name,
          topic,
          kafkaUrl: url,
          database,
          onReport({ subjects }) {
            each.note(subjects);
            for (const look of lookers) look();
          },
        }),
    ) as [BillingInstance, BillingInstance];
    const until = (isTrue: () => boolean): Promise<void> => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const look = (): void => {
        if (!isTrue()) return;
        lookers.delete(look);
        resolve();
      };
      lookers.add(look);
      return Promise.race([promise, heir.died]);
    };
    try {
      await until(() => {
        const [first, second] = progress.map((each) => each.lately()) as [number[], number[]];
        const isShared = first.length > 0 && second.length > 0 && first.length + second.length === partitionCount;
        return isShared && published >= events;
      });
      const orphans = progress[0].lately();
      const killedAtMs = Date.now();
      progress[1].countFrom(killedAtMs);
      victim.kill();
      await until(() => orphans.every((partition) => progress[1].first.has(partition)));
      const lastMs = Math.max(...orphans.map((partition) => progress[1].first.get(partition) ?? Number.NaN));
      return { figure: (lastMs - killedAtMs) / 1_000, note: `${orphans.length} partitions changed hands` };
    } finally {
      clearInterval(publishing);
      victim.kill();
      await heir.close();
      await producer.close();
    }
  },
  peers: [],
};

/** When an instance handled events of each partition, in milliseconds since 1970. */
class PartitionProgress {
  /** The first of each partition since `countFrom`. */
  readonly first = new Map<number, number>();
  readonly #last = new Map<number, number>();
  #fromMs = Number.POSITIVE_INFINITY;

  countFrom(fromMs: number): void {
    this.#fromMs = fromMs;
  }

  note(subjects: Readonly<Record<string, number>>): void {
    for (const [subject, atMs] of Object.entries(subjects)) {
      const partition = partitionForKey(Buffer.from(subject), partitionCount);
      this.#last.set(partition, Math.max(atMs, this.#last.get(partition) ?? 0));
      if (atMs >= this.#fromMs) this.first.set(partition, Math.min(atMs, this.first.get(partition) ?? Number.POSITIVE_INFINITY));
    }
  }

  /** The partitions of which it handled something within the last second. */
  lately(): number[] {
    return [...this.#last].flatMap(([partition, atMs]) => (Date.now() - atMs < 1_000 ? [partition] : []));
  }
}
