import type { BenchRow } from "../bench-row.ts";
import type { BenchDatabase, BenchServices } from "../bench-services.ts";
import { openStoreOnce, publishThroughOutbox } from "../outbox-publishing.ts";

/** So many rows wait for each event that is published: 16 million for 40,000. */
const waitingForEach = 400;

const rowsAtOnce = 500_000;

export const publishOutboxBacklog: BenchRow = {
  name: "publish.outbox.backlog",
  covers: `As publish.outbox, with ${waitingForEach} rows waiting for each event published: 16 million for 40,000. They were written and given their tickets before; nothing sends them.`,
  unit: "events/s",
  events: 40_000,
  rounds: 5,
  async ours({ events, services }) {
    const database = await services.once(`backlog ${events}`, () => databaseWithBacklog(services, events * waitingForEach));
    return publishThroughOutbox({ services, database, events, relay: "never" });
  },
  peers: [
    {
      name: "the empty table",
      async measure({ events, services }) {
        await using database = await services.database();
        return await publishThroughOutbox({ services, database, events, relay: "never" });
      },
      times: 0.9,
    },
  ],
};

/** As 1,000 subjects would have left them: the rows of a service whose log was away for long. */
async function databaseWithBacklog(services: BenchServices, rows: number): Promise<BenchDatabase> {
  const database = await services.database();
  await openStoreOnce(services, database);
  const client = await database.connect();
  // Neither the trigger nor a flush for each part: what counts is the table that it leaves.
  await client.query("SET session_replication_role = replica; SET synchronous_commit = off");
  for (let from = 0; from < rows; from += rowsAtOnce) {
    const to = Math.min(rows, from + rowsAtOnce);
    await client.query(
      `WITH added AS (
         INSERT INTO throughline.outbox (event_id, topic, subject, headers, key, value)
         SELECT gen_random_uuid()::text, 'waiting', 'order-' || n % 1000, '[]', convert_to('order-' || n % 1000, 'UTF8'), '{}'
         FROM generate_series(${from}, ${to - 1}) AS n RETURNING id)
       INSERT INTO throughline.outbox_tickets (id) SELECT id FROM added ORDER BY id`,
    );
  }
  await client.query("VACUUM (ANALYZE) throughline.outbox, throughline.outbox_tickets");
  await client.query("CHECKPOINT");
  await client.end();
  return database;
}
