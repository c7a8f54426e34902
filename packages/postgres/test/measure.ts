/**
 * Measures the store against code written by hand, in turns on one server, and prints medians and ratios. Not a test.
 * node scripts/run.mjs packages/postgres/test/measure.ts handlers|outbox|backlog [rounds]
 */
import pg from "pg";
import { systemSurroundings } from "throughline";
import { startPostgres } from "../../../scripts/services/postgres.ts";
import { postgres, type PostgresStore } from "../src/index.ts";
import { newUuid } from "./store-fixture.ts";

const what = process.argv[2] ?? "handlers";
const rounds = Number(process.argv[3] ?? 7);
const batchSize = 500;
const server = await startPostgres({ settings: { shared_buffers: "512MB", max_wal_size: "4GB" } });

interface Contender {
  readonly name: string;
  /** Returns how many events or rows it did. */
  run(): Promise<number>;
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** In turns, so that what else the machine does meets all; the first round is left out. */
async function race(title: string, contenders: readonly Contender[]): Promise<void> {
  const rates = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round += 1)
    for (const { name, run } of contenders) {
      const since = performance.now();
      const done = await run();
      if (round > 0) rates.get(name)?.push((done / (performance.now() - since)) * 1_000);
    }
  const first = median(rates.get(contenders[0]?.name ?? "") ?? []);
  console.log(`\n${title} (median of ${rounds}, per second)`);
  for (const [name, values] of rates) {
    const rate = median(values);
    console.log(`  ${name.padEnd(44)} ${Math.round(rate).toString().padStart(8)}   ${(rate / first).toFixed(2)}`);
  }
}

async function openStore(options: { tables: string }): Promise<PostgresStore> {
  const store = postgres({ url: server.url(), ...options });
  await store.open({ service: "billing", surroundings: systemSurroundings });
  return store;
}

async function handlers(): Promise<void> {
  const tables = `CREATE TABLE IF NOT EXISTS invoices (order_id text NOT NULL, total integer NOT NULL);
    CREATE TABLE IF NOT EXISTS hand_inbox (handler int, key uuid, handled_at bigint, PRIMARY KEY (handler, key));
    CREATE TABLE IF NOT EXISTS hand_cursor (handler int, topic text, part int, next bigint, PRIMARY KEY (handler, topic, part));
    INSERT INTO hand_cursor VALUES (1, 't', 0, 0) ON CONFLICT DO NOTHING`;
  const store = await openStore({ tables });
  const hand = new pg.Client({ connectionString: server.url(), pipeline: true });
  await hand.connect();
  const effect = "INSERT INTO invoices (order_id, total) VALUES ($1, $2)";
  const [handler] = await store.unitOfWork((unit) => unit.handlers.register([{ name: "h", renamedFrom: [], types: [] }], 1));
  const run = { handlerId: handler?.id ?? 0, epoch: 1 };
  const cursor = { ...run, topicId: "t", partition: 0 };
  await store.unitOfWork((unit) =>
    unit.cursors.add([{ ...cursor, topic: "t", offset: 0, originOffset: 0, untilOffset: null, logTimeMs: 0, reportedOffset: 0 }]),
  );
  let offset = 0;
  let handOffset = 0;
  const batches = 12;

  const byHand = (pipelined: boolean) => async (): Promise<number> => {
    for (let batch = 0; batch < batches; batch += 1) {
      const keys = Array.from({ length: batchSize }, newUuid);
      await hand.query("BEGIN");
      await hand.query("SELECT next FROM hand_cursor WHERE handler = 1 AND topic = 't' AND part = 0 FOR UPDATE");
      await hand.query({
        name: "find",
        text: "SELECT key FROM hand_inbox WHERE handler = 1 AND key = ANY($1::uuid[])",
        values: [keys],
      });
      const open: Promise<unknown>[] = [];
      for (const key of keys) {
        const sent = hand.query({ text: effect, values: [key, 1] });
        if (pipelined) open.push(sent);
        else await sent;
      }
      await Promise.all(open);
      await hand.query("INSERT INTO hand_inbox SELECT 1, unnest($1::uuid[]), $2", [keys, Date.now()]);
      await hand.query("UPDATE hand_cursor SET next = $1 WHERE handler = 1 AND topic = 't' AND part = 0 AND next = $2", [
        handOffset + batchSize,
        handOffset,
      ]);
      await hand.query("COMMIT");
      handOffset += batchSize;
    }
    return batches * batchSize;
  };

  const ours = (mode: "shared" | "savepoints" | "overlap", positions: "none" | "known" | "new") => async (): Promise<number> => {
    const isolation = { savepoint: mode === "savepoints", alone: false, overlap: mode === "overlap" };
    for (let batch = 0; batch < batches; batch += 1) {
      const keys = Array.from({ length: batchSize }, newUuid);
      const subjects = positions === "new" ? keys : Array.from({ length: batchSize }, (_, i) => `o-${i}`);
      await store.unitOfWork(async (unit) => {
        await unit.cursors.lock(cursor);
        if (positions !== "none") {
          const locked = await unit.positions.lock(run, "order", subjects, { wait: false });
          await unit.positions.find(run, "order", [...locked]);
        }
        await unit.inbox.find(run, keys);
        const handle = (key: string) => unit.isolate(async (tx) => void (await tx.query(effect, [key, 1])), isolation);
        if (mode === "overlap") await Promise.all(keys.map(handle));
        else for (const key of keys) await handle(key);
        const at = { partition: 0, outcome: "applied", handledAtMs: Date.now(), durationMicros: 10 } as const;
        await unit.inbox.add(
          run,
          keys.map((key, i) => ({ key, offset: offset + i, ...at })),
        );
        if (positions !== "none")
          await unit.positions.save(
            run,
            "order",
            subjects.map((subject) => ({ subject, sequence: batch + 1, sequenceEpoch: 0, baseline: 1, parked: 0 })),
          );
        await unit.cursors.move(cursor, offset, offset + batchSize, 1);
      });
      offset += batchSize;
    }
    return batches * batchSize;
  };

  await race("inbox, one INSERT and the cursor, awaited one by one", [
    { name: "by hand", run: byHand(false) },
    { name: "store, shared", run: ours("shared", "none") },
    { name: "store, shared, savepoints", run: ours("savepoints", "none") },
    { name: "store, shared, known subjects", run: ours("shared", "known") },
    { name: "store, shared, new subjects", run: ours("shared", "new") },
  ]);
  await race("the same, pipelined", [
    { name: "by hand", run: byHand(true) },
    { name: "store, overlapping", run: ours("overlap", "none") },
    { name: "store, overlapping, known subjects", run: ours("overlap", "known") },
    { name: "store, overlapping, new subjects", run: ours("overlap", "new") },
  ]);
  await hand.end();
  await store.close();
}

const bareTable = `CREATE TABLE IF NOT EXISTS bare (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id text NOT NULL,
  topic text NOT NULL, subject text, created_at_ms bigint NOT NULL, once boolean NOT NULL, headers json NOT NULL, key bytea, value bytea)`;
const columns = "event_id, topic, subject, key, value, headers, created_at_ms, once";
const value = Buffer.from(JSON.stringify({ order_id: "o-4711", tenant_id: "t-1", total: 1999, note: "x".repeat(380) }));
const headers = JSON.stringify(Array.from({ length: 10 }, (_, i) => [`ce_header${i}`, "a value of usual size"]));

/** Rows in transactions of `perTransaction`, on so many connections at once, by the same statement into either table. */
async function writeRows(clients: readonly pg.Client[], table: string, perTransaction: number, rows: number): Promise<number> {
  const text = `INSERT INTO ${table} (${columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`;
  let left = rows / perTransaction;
  await Promise.all(
    clients.map(async (client) => {
      while (left-- > 0) {
        const sent: Promise<unknown>[] = [client.query("BEGIN")];
        for (let i = 0; i < perTransaction; i += 1) {
          const subject = `o-${Math.floor(Math.random() * 1_000)}`;
          const values = [newUuid(), "order", subject, Buffer.from(subject), value, headers, Date.now(), false];
          sent.push(client.query({ name: `insert-${table}`, text, values }));
        }
        sent.push(client.query("COMMIT"));
        await Promise.all(sent);
      }
    }),
  );
  return rows;
}

async function clientsOf(count: number): Promise<pg.Client[]> {
  const clients = Array.from({ length: count }, () => new pg.Client({ connectionString: server.url(), pipeline: true }));
  await Promise.all(clients.map((client) => client.connect()));
  return clients;
}

async function outbox(): Promise<void> {
  const store = await openStore({ tables: bareTable });
  for (const connections of [1, 6]) {
    const clients = await clientsOf(connections);
    for (const perTransaction of [1, 10, 100]) {
      const rows = perTransaction === 1 ? 3_000 : 10_000;
      await race(`publishing, ${perTransaction} rows in a transaction, ${connections} connections`, [
        { name: "bare INSERT", run: () => writeRows(clients, "bare", perTransaction, rows) },
        { name: "throughline.outbox", run: () => writeRows(clients, "throughline.outbox", perTransaction, rows) },
      ]);
      await store.query("TRUNCATE bare, throughline.outbox, throughline.outbox_tickets");
    }
    await Promise.all(clients.map((client) => client.end()));
  }
  await store.close();
}

async function backlog(): Promise<void> {
  const millions = Number(process.argv[4] ?? 16);
  const store = await openStore({ tables: bareTable });
  const clients = await clientsOf(2);
  const relay = async (): Promise<number> => {
    let done = 0;
    let sent: number[] = [];
    while (done < 10_000) {
      const rows = await store.unitOfWork(async (unit) => {
        await unit.outbox.sent(sent);
        return unit.outbox.number(batchSize);
      });
      sent = rows.map(({ ticket }) => ticket);
      done += rows.length;
    }
    await store.unitOfWork((unit) => unit.outbox.sent(sent));
    return done;
  };
  const figures = async (title: string): Promise<void> => {
    await race(title, [
      { name: "publishing, 10 rows in a transaction", run: () => writeRows(clients, "throughline.outbox", 10, 10_000) },
      { name: "numbering and removing, 500 at once", run: relay },
    ]);
  };
  await figures("nothing waits");
  const since = performance.now();
  // Without the trigger, which would be called for each: only how many wait matters here.
  await clients[0]?.query("SET session_replication_role = replica");
  for (let i = 0; i < millions; i += 1)
    await clients[0]?.query(
      `WITH rows AS (INSERT INTO throughline.outbox (event_id, topic, subject, key, value, headers)
         SELECT gen_random_uuid()::text, 'order', 'o-' || i % 1000, 'k', $1, $2::json FROM generate_series(1, 1000000) AS i RETURNING id)
       INSERT INTO throughline.outbox_tickets (id) SELECT id FROM rows`,
      [value.subarray(0, 60), "[]"],
    );
  await clients[0]?.query("RESET session_replication_role");
  console.log(`\n${millions} million rows written in ${Math.round((performance.now() - since) / 1_000)} s`);
  await figures(`${millions} million rows wait`);
  console.log(await store.unitOfWork((unit) => unit.outbox.backlog()));
  await Promise.all(clients.map((client) => client.end()));
  await store.close();
}

try {
  await { handlers, outbox, backlog }[what as "handlers"]();
} finally {
  await server.close();
}
