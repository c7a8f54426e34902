import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { postgres, type PostgresStore } from "@throughline/postgres";
import pg from "pg";
import { systemSurroundings } from "throughline";
import type { NewOutboxRow } from "throughline/seams";
import { type PostgresServer, startPostgres, unsynced } from "../scripts/services/postgres.ts";
import { until } from "../examples/shop/driver/until.ts";
import { sizes } from "./sizes.ts";

/** Of events, one wave after the other. */
const wave = sizes({ test: 25_000, soak: 500_000 });
const waves = 6;
const rowsAtOnce = 1_000;
/** What is forgotten at once, as services do. */
const forgottenAtOnce = 5_000;
/** A table may grow by so much after its first waves: what autovacuum has not swept yet. */
const mostGrowth = 2.2;

describe("rows that have done their work are removed in bulk, and their room is used again", () => {
  let server: PostgresServer;
  let store: PostgresStore;
  let client: pg.Client;
  before(async () => {
    // A server looks whether there is something to sweep once a minute; waves of a test are shorter.
    server = await startPostgres({ settings: { ...unsynced, autovacuum_naptime: "1s", autovacuum_vacuum_cost_delay: 0 } });
    store = postgres({ url: server.url() });
    await store.open({ service: "billing", surroundings: systemSurroundings });
    client = new pg.Client({ connectionString: server.url() });
    await client.connect();
  });
  after(async () => {
    await client.end();
    await store.close();
    await server.close();
  });

  const bytesOf = async (...tables: readonly string[]): Promise<number> => {
    const { rows } = await client.query<{ bytes: string }>(
      "SELECT sum(pg_total_relation_size(('throughline.' || name)::regclass)) AS bytes FROM unnest($1::text[]) AS name",
      [tables],
    );
    return Number(rows[0]?.bytes);
  };

  const sweepsOf = async (table: string): Promise<number> => {
    const { rows } = await client.query<{ sweeps: string }>(
      "SELECT autovacuum_count AS sweeps FROM pg_stat_user_tables WHERE schemaname = 'throughline' AND relname = $1",
      [table],
    );
    return Number(rows[0]?.sweeps);
  };

  /** The size after each wave. Autovacuum sweeps each of the tables after a wave that removed something. */
  async function sizesOf(tables: readonly string[], runWave: (n: number) => Promise<{ removed: number }>): Promise<number[]> {
    const peaks: number[] = [];
    for (let n = 0; n < waves; n++) {
      const before = await Promise.all(tables.map(sweepsOf));
      const { removed } = await runWave(n);
      peaks.push(await bytesOf(...tables));
      const areSwept = async (): Promise<boolean> =>
        (await Promise.all(tables.map(sweepsOf))).every((sweeps, i) => sweeps > (before[i] ?? 0));
      if (removed > 0) await until(`autovacuum has swept ${tables.join(" and ")}`, areSwept, { timeoutMs: 60_000 });
    }
    console.log(
      `${tables.join(" + ")}: ${peaks.map((bytes) => `${Math.round(bytes / 1024)} KiB`).join(", ")}, after waves of ${wave}`,
    );
    return peaks;
  }

  const doesNotGrow = ([, second = 0, ...later]: readonly number[]): void => {
    for (const bytes of later)
      assert.ok(bytes <= mostGrowth * second, `it grew from ${second} bytes in the second wave to ${bytes} in a later one`);
  };

  it("sent events leave the outbox", { timeout: 1_200_000 }, async () => {
    const peaks = await sizesOf(["outbox", "outbox_tickets"], async (n) => {
      for (let from = 0; from < wave; from += rowsAtOnce)
        await store.unitOfWork((unit) => unit.outbox.add(events(n * wave + from)));
      for (let sent = 0; sent < wave;) {
        const rows = await store.unitOfWork((unit) => unit.outbox.number(rowsAtOnce));
        assert.ok(rows.length > 0, "nothing is left to send, and not all was sent");
        await store.unitOfWork((unit) => unit.outbox.sent(rows.map(({ ticket }) => ticket)));
        sent += rows.length;
      }
      return { removed: wave };
    });
    const { rows } = await client.query<{ left: number }>("SELECT count(*)::int AS left FROM throughline.outbox");
    assert.equal(rows[0]?.left, 0);
    doesNotGrow(peaks);
  });

  it("what the inbox remembers is forgotten after its time", { timeout: 1_200_000 }, async () => {
    const [row] = await store.unitOfWork((unit) => unit.handlers.register([{ name: "h", renamedFrom: [], types: [] }], 1));
    const run = { handlerId: row?.id ?? 0, epoch: 1 };
    const key = (n: number): string => `orders\n${n.toString(16).padStart(12, "0")}`;
    const peaks = await sizesOf(["inbox"], async (n) => {
      for (let from = n * wave; from < (n + 1) * wave; from += rowsAtOnce) {
        const rows = Array.from({ length: rowsAtOnce }, (_, i) => ({
          key: key(from + i),
          partition: i % 6,
          offset: from + i,
          outcome: "applied" as const,
          handledAtMs: from + i,
          durationMicros: 100,
        }));
        await store.unitOfWork((unit) => unit.inbox.add(run, rows));
      }
      // The wave before has become too old.
      const olderThan = n * wave;
      let removed = 0;
      for (let gone = 1; gone > 0; removed += gone)
        gone = await store.unitOfWork((unit) => unit.inbox.forget(olderThan, forgottenAtOnce));
      return { removed };
    });
    const { rows } = await client.query<{ left: number }>("SELECT count(*)::int AS left FROM throughline.inbox");
    assert.equal(rows[0]?.left, wave);
    doesNotGrow(peaks);
  });
});

function events(from: number): NewOutboxRow[] {
  return Array.from({ length: rowsAtOnce }, (_, i) => ({
    eventId: `event-${from + i}`,
    topic: "order",
    subject: `order-${i}`,
    key: Buffer.from(`order-${i}`),
    value: Buffer.from(JSON.stringify({ order_id: `order-${i}`, note: "x".repeat(400) })),
    headers: [["ce_type", Buffer.from("order.placed")]],
    createdAtMs: from + i,
    once: false,
  }));
}
