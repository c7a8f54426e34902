import { after } from "node:test";
import pg from "pg";
import { sizes } from "../../../e2e/sizes.ts";
import { startPostgres, unsynced } from "../../../scripts/services/postgres.ts";
import { openPostgresIndex } from "../src/index.ts";
import { groupSpeedSuite } from "./group-speed-suite.ts";
import { indexSpeedSuite } from "./index-speed-suite.ts";

// As a team would size its database for this; what it is set to by itself is for the smallest machines.
const server = await startPostgres({ settings: { ...unsynced, shared_buffers: "1GB", max_wal_size: "8GB" } });
after(() => server.close());

async function onServer<Row>(sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: server.url() });
  await client.connect();
  try {
    return (await client.query(sql)).rows as Row[];
  } finally {
    await client.end();
  }
}

await onServer("CREATE DATABASE events");
await onServer("CREATE DATABASE failures");

indexSpeedSuite("PostgreSQL", {
  events: sizes({ test: 60_000, soak: 10_000_000 }),
  rounds: sizes({ test: 100, soak: 1_000 }),
  open: () => openPostgresIndex(server.url("events")),
  bytes: async () => Number((await onServer<{ bytes: string }>("SELECT pg_database_size('events') AS bytes"))[0]!.bytes),
});

groupSpeedSuite("PostgreSQL", {
  failures: sizes({ test: 20_000, soak: 1_000_000 }),
  leastPerSecond: 2_000,
  open: async (t) => {
    const store = await openPostgresIndex(server.url("failures"));
    t.after(() => store.close());
    return store;
  },
});
