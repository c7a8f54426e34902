import type { BenchRow } from "../bench-row.ts";
import { consumeByService, type ConsumeOptions } from "../kafka-invoice-service.ts";

const hotRows = 200;

const tables = `
  CREATE TABLE tallies (id int PRIMARY KEY, orders int NOT NULL);
  INSERT INTO tallies SELECT id, 0 FROM generate_series(0, ${hotRows - 1}) AS id;
`;

const addOne = { name: "add-one", text: "UPDATE tallies SET orders = orders + 1 WHERE id = $1" };

/** The same rows from every partition, in an order that differs from batch to batch. */
const addToTally: ConsumeOptions["declare"] = (service, contract, handled) => {
  service.on(contract, "tally", async ({ data }, { tx }) => {
    handled(1);
    await tx.query({ ...addOne, values: [(data.total * 7_919) % hotRows] });
  });
};

const onConnections = (connections: number) =>
  consumeByService({ connections, tables, declare: addToTally, countSql: "SELECT sum(orders) AS count FROM tallies" });

export const consumeHot: BenchRow = {
  name: "consume.hot",
  covers: `As consume.shared, but each event updates one of the same ${hotRows} rows, so that batches of six partitions on six connections close circles of locks. The peer is ours on one connection.`,
  unit: "events/s",
  events: 60_000,
  rounds: 3,
  ours: onConnections(6),
  peers: [{ name: "ours on one connection", measure: onConnections(1), times: 0.5 }],
};
