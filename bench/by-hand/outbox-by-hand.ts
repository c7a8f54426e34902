import type { Client } from "pg";
import type { Measurement } from "../bench-row.ts";
import { byCallers } from "../callers.ts";
import { subjectCount } from "../kafka-orders.ts";
import { orderData } from "../order-events.ts";
import { rateOf, startStopwatch } from "../stopwatch.ts";
import { headersOf, newId } from "./hand-event.ts";

/** So many transactions at once, each on a connection of its own. */
export const writers = 8;

/** So many events in each transaction, one after the other, of as many subjects. */
export const eventsInTransaction = 10;

/** The columns of ours, and nothing that gives the rows an order: no trigger, no tickets. */
const table = `
  CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id text NOT NULL, topic text NOT NULL, subject text, key bytea, value bytea, headers json NOT NULL,
    created_at_ms bigint NOT NULL, once boolean NOT NULL
  );
`;
const insert = {
  name: "outbox",
  text: `INSERT INTO outbox (event_id, topic, subject, key, value, headers, created_at_ms, once) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
};

/** The bare INSERT of the same rows, which were made before the clock runs. */
export const outboxByHand: Measurement = async ({ events, services }) => {
  await using database = await services.database();
  await database.query(table);
  const free = await Promise.all(Array.from({ length: writers }, () => database.connect()));
  const rows = Array.from({ length: events }, (_, index) => {
    const data = orderData(index, subjectCount);
    const id = newId();
    const key = Buffer.from(data.order_id);
    return [
      id,
      "order",
      data.order_id,
      key,
      Buffer.from(JSON.stringify(data)),
      JSON.stringify(headersOf(id, data)),
      Date.now(),
      false,
    ];
  });
  const stop = startStopwatch();
  await byCallers(writers, Math.ceil(events / eventsInTransaction), async (index) => {
    const client = free.pop() as Client;
    await client.query("BEGIN");
    for (const values of rows.slice(index * eventsInTransaction, (index + 1) * eventsInTransaction))
      await client.query({ ...insert, values });
    await client.query("COMMIT");
    free.push(client);
  });
  const spent = stop();
  await Promise.all(free.map((client) => client.end()));
  const [row] = await database.query("SELECT count(*)::int AS count FROM outbox");
  if (row?.["count"] !== events) throw new Error(`${events} rows were to be there, and there are ${JSON.stringify(row)}`);
  return rateOf(spent, events);
};
