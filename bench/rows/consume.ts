import type { PostgresTx } from "@throughline/postgres";
import type { BenchRow, Peer } from "../bench-row.ts";
import { consumeByHand } from "../by-hand/consume-by-hand.ts";
import { consumeOnKafkajs } from "../by-hand/consume-on-kafkajs.ts";
import { invoicesAsSet, invoicesOneByOne, invoicesPipelined } from "../by-hand/hand-effects.ts";
import type { HandEffects } from "../by-hand/hand-postgres-consumer.ts";
import { insertInvoice, insertInvoices } from "../invoice-statements.ts";
import { consumeByService, type ConsumeOptions, type OrderEvent } from "../kafka-invoice-service.ts";

const oneByOne =
  (options: { overlap?: boolean } = {}): ConsumeOptions["declare"] =>
  (service, contract, handled) => {
    service.on(
      contract,
      "create-invoice",
      async ({ data }: OrderEvent, { tx }: { tx: PostgresTx }) => {
        handled(1);
        await tx.query(insertInvoice(data));
      },
      options,
    );
  };

const asSet: ConsumeOptions["declare"] = (service, contract, handled) => {
  service.onBatch(
    contract,
    "create-invoices",
    async (events, { tx }) => {
      handled(events.length);
      await tx.query(insertInvoices(events.map(({ data }) => data)));
    },
    { manyPerSubject: true },
  );
};

export const consumeShared1 = consumeRow(
  { name: "consume.shared.1", mode: "a handler with one INSERT, in the default (shared) mode", connections: 1 },
  oneByOne(),
  [usualCode(1, 6), byHand("a loop by hand", 1, invoicesOneByOne)],
);

export const consumeShared6 = consumeRow(
  { name: "consume.shared.6", mode: "a handler with one INSERT, in the default (shared) mode", connections: 6 },
  oneByOne(),
  [usualCode(6, 7), byHand("a loop by hand", 6, invoicesOneByOne)],
);

export const consumeOverlap1 = consumeRow(
  { name: "consume.overlap.1", mode: "a handler with one INSERT and overlap: true", connections: 1 },
  oneByOne({ overlap: true }),
  [usualCode(1, 10), byHand("pipelining by hand", 1, invoicesPipelined)],
);

export const consumeOverlap6 = consumeRow(
  { name: "consume.overlap.6", mode: "a handler with one INSERT and overlap: true", connections: 6 },
  oneByOne({ overlap: true }),
  [usualCode(6, 9), byHand("pipelining by hand", 6, invoicesPipelined)],
);

export const consumeBatch2 = consumeRow(
  { name: "consume.batch.2", mode: "onBatch with one INSERT of all (manyPerSubject)", connections: 2 },
  asSet,
  [usualCode(2, 15), byHand("unnest by hand", 2, invoicesAsSet)],
);

function consumeRow(
  { name, mode, connections }: { name: string; mode: string; connections: number },
  declare: ConsumeOptions["declare"],
  peers: readonly Peer[],
): BenchRow {
  return {
    name,
    covers: `Events that stand in Kafka → ${mode} → COMMIT in PostgreSQL, each once and each subject in order, on ${connections} connection${connections === 1 ? "" : "s"} (maxConnections); from the first event handled to the last COMMIT.`,
    unit: "events/s",
    events: 60_000,
    rounds: 3,
    ours: consumeByService({ connections, declare }),
    peers,
  };
}

/** On the same number of connections. It is slow, so it works on fewer events. */
function usualCode(connections: number, times: number): Peer {
  return { name: "the usual code on kafkajs", measure: consumeOnKafkajs(connections), times, share: 0.1 };
}

function byHand(name: string, connections: number, effects: HandEffects): Peer {
  return { name, measure: consumeByHand(connections, effects), times: 0.8 };
}
