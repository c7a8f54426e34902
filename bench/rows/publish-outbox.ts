import type { BenchRow, Measurement } from "../bench-row.ts";
import { eventsInTransaction, outboxByHand, writers } from "../by-hand/outbox-by-hand.ts";
import { publishThroughOutbox } from "../outbox-publishing.ts";

const inEmptyDatabase =
  (relay: "meanwhile" | "afterwards"): Measurement =>
  async ({ events, services }) => {
    await using database = await services.database();
    return await publishThroughOutbox({ services, database, events, relay });
  };

export const publishOutbox: BenchRow = {
  name: "publish.outbox",
  covers: `publish in transactions of the application, ${writers} at once with ${eventsInTransaction} events each, awaited one by one, validated → COMMIT, with what gives them their order. The relay runs afterwards, and all must come to Kafka. The bare INSERT writes the same rows, made before the clock runs.`,
  unit: "events/s",
  events: 40_000,
  rounds: 5,
  ours: inEmptyDatabase("afterwards"),
  peers: [
    { name: "the bare INSERT", measure: outboxByHand, times: 0.65 },
    { name: "ours while its relay sends", measure: inEmptyDatabase("meanwhile") },
  ],
};
