import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { auditTopic, commandsTopic, receiptsTopic, servicesTopic } from "throughline/system-topics";
import { header, readTopic } from "../examples/shop/driver/log-reading.ts";
import { type ShopProcess, startProcess } from "../examples/shop/driver/shop-process.ts";
import { until } from "../examples/shop/driver/until.ts";
import { openLog, type Release, storeFile } from "./deploys/releases.ts";

const main = fileURLToPath(new URL("deploys/release-main.ts", import.meta.url));

const systemTopics = [servicesTopic, commandsTopic, receiptsTopic, auditTopic];

type Row = Record<string, string | number | null>;

/** Two instances of each service, replaced one at a time as an orchestrator does: the new one runs before the old one ends. */
class Cluster {
  readonly folder = mkdtempSync(join(tmpdir(), "throughline-deploys-"));
  readonly #running = new Map<string, ShopProcess[]>();
  #started = 0;
  #db: DatabaseSync | undefined;

  async start(service: string, release: Release): Promise<void> {
    const instance = `${service}-${release}-${++this.#started}`;
    const process = startProcess({
      name: instance,
      main,
      env: { FOLDER: this.folder, SERVICE: service, RELEASE: release, INSTANCE: instance },
      logFile: join(this.folder, "logs", `${instance}.log`),
    });
    this.#running.set(service, [...(this.#running.get(service) ?? []), process]);
    const isUp = (): boolean =>
      !process.isRunning() || readFileSync(join(this.folder, `${instance}.started`), "utf8") === String(process.pid);
    await until(`${instance} runs`, isUp, { timeoutMs: 60_000 });
    assert.ok(process.isRunning(), `${instance} ended: ${readFileSync(join(this.folder, "logs", `${instance}.log`), "utf8")}`);
  }

  /** Replaces every instance; `between` runs while both releases do. */
  async roll(service: string, release: Release, between: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    for (const [index, old] of [...(this.#running.get(service) ?? [])].entries()) {
      await this.start(service, release);
      if (index === 0) await between();
      assert.ok(await old.stop(), `${old.name} did not stop in time`);
      this.#running.set(
        service,
        (this.#running.get(service) ?? []).filter((each) => each !== old),
      );
    }
  }

  async stop(service: string): Promise<void> {
    await Promise.all((this.#running.get(service) ?? []).map((process) => process.stop()));
    this.#running.delete(service);
  }

  all(sql: string): Row[] {
    this.#db ??= new DatabaseSync(storeFile(this.folder, "billing"), { readOnly: true });
    return this.#db.prepare(sql).all() as Row[];
  }

  count(table: string): number {
    return Number(this.all(`SELECT count(*) AS n FROM ${table}`)[0]?.n);
  }

  /** What a migration of the next release may do to the tables while this one runs on them. */
  migrateToNext(): void {
    const db = new DatabaseSync(storeFile(this.folder, "billing"));
    db.exec("PRAGMA busy_timeout = 10000; BEGIN IMMEDIATE");
    for (const table of ["parked", "inbox", "positions", "cursors", "handlers", "epochs", "outbox"])
      db.exec(`ALTER TABLE throughline_${table} ADD COLUMN next INTEGER NOT NULL DEFAULT 0`);
    db.exec(`
      CREATE TABLE throughline_next (id INTEGER PRIMARY KEY) STRICT;
      INSERT INTO throughline_migrations SELECT max(number) + 1, 'next', max(number), max(applied_at_ms) + 1 FROM throughline_migrations;
      COMMIT;`);
    db.close();
  }

  /** Parked events of the handlers that the newer release has: what the removed one left waits for the older release. */
  parked(): number {
    const names = "SELECT handler_id FROM throughline_handler_names WHERE name = 'audit'";
    return this.count(`throughline_parked WHERE handler_id NOT IN (${names})`);
  }

  /** Resolves when so many more events were billed. */
  async more(events: number): Promise<void> {
    const from = this.count("bills");
    await until(`${events} more are billed`, () => this.count("bills") >= from + events, { timeoutMs: 120_000 });
  }

  async close(): Promise<void> {
    for (const service of this.#running.keys()) await this.stop(service);
    this.#db?.close();
  }
}

test(
  "a release is rolled out under load, back, and out again, and nothing is dead, missed or done twice",
  { timeout: 10 * 60_000 },
  async (t) => {
    const cluster = new Cluster();
    const log = await openLog(cluster.folder);
    let isGood = false;
    t.after(async () => {
      await cluster.close();
      await log.close();
      if (isGood) rmSync(cluster.folder, { recursive: true, force: true });
      else t.diagnostic(`data and logs are in ${cluster.folder}`);
    });
    await log.createTopics([{ name: "order", partitions: 4 }]);
    for (const service of ["orders", "orders", "billing", "billing"]) await cluster.start(service, "1");
    await cluster.more(100);

    // The publisher first: what it publishes now is too new for the old release of billing.
    await cluster.roll("orders", "2", async () => {
      const versionWaits = () => cluster.count("throughline_parked WHERE reason = 'version'") > 0;
      await until("an event waits for the newer release", versionWaits, { timeoutMs: 60_000 });
    });
    await cluster.roll("billing", "2", () => cluster.more(50));
    await cluster.more(100);
    assert.deepEqual(handlerNames(cluster).get("invoice"), ["bill", "invoice"]);

    cluster.migrateToNext();
    await cluster.more(50);

    // No part of the seam: on Kafka it is done with its own tools.
    const { deleteTopic } = log as typeof log & { deleteTopic(topic: string): Promise<void> };
    for (const topic of systemTopics) await deleteTopic.call(log, topic);
    await cluster.more(100);
    const areBack = async (): Promise<boolean> => {
      const names = (await log.topics()).map(({ name }) => name);
      return systemTopics.every((topic) => names.includes(topic));
    };
    await until("the system topics are back", areBack, { timeoutMs: 60_000 });

    await cluster.roll("orders", "1");
    await until("nothing of the newer version is left to do", () => cluster.parked() === 0, {
      timeoutMs: 90_000,
    });
    await cluster.roll("billing", "1", () => cluster.more(50));
    await cluster.more(100);

    await cluster.roll("billing", "2", () => cluster.more(50));
    await cluster.roll("orders", "2");
    await cluster.more(100);
    await cluster.stop("orders");
    const published = await publishedEvents(log);
    const isThrough = (): boolean => ["bills", "statistics"].every((table) => cluster.count(table) >= published.length);
    await until("all is handled", isThrough, { timeoutMs: 90_000 });
    await until("nothing is parked", () => cluster.parked() === 0, { timeoutMs: 90_000 });

    t.diagnostic(`${published.length} events, ${cluster.count("bills WHERE release = '1'")} of them billed by the old release`);
    const expected = published.map(({ id, subject, sequence, cents }) => `${id} ${subject} ${sequence} ${cents}`);
    for (const table of ["bills", "statistics"]) {
      assert.deepEqual(rowsOf(cluster, table).toSorted(), expected.toSorted(), table);
      assertInOrder(cluster, table);
    }
    // From latest: everything since its first start, and nothing before.
    const origins = new Map(cluster.all(originsSql("announce")).map((row) => [row["partition"], Number(row["origin"])]));
    const since = published.filter(({ partition, offset }) => offset >= (origins.get(partition) ?? 0));
    assert.ok(since.length > 0 && since.length < published.length);
    assert.deepEqual(
      rowsOf(cluster, "news").toSorted(),
      since.map(({ id, subject, sequence, cents }) => `${id} ${subject} ${sequence} ${cents}`).toSorted(),
    );
    // The removed one stands where it stood, for the release that has it.
    const audited = rowsOf(cluster, "audits");
    assert.equal(new Set(audited).size, audited.length);
    assertInOrder(cluster, "audits");
    assert.deepEqual(await readTopic(log, "billing.dlt"), []);
    isGood = true;
  },
);

interface Published {
  readonly id: string;
  readonly subject: string;
  readonly sequence: number;
  readonly cents: number;
  readonly partition: number;
  readonly offset: number;
}

/** Each event once, where it stands first. */
async function publishedEvents(log: Awaited<ReturnType<typeof openLog>>): Promise<Published[]> {
  const events = new Map<string, Published>();
  for (const record of await readTopic(log, "order")) {
    const id = header(record, "ce_id") ?? "";
    const data = JSON.parse(Buffer.from(record.value ?? "").toString()) as { total?: number; total_cents?: number };
    if (!events.has(id))
      events.set(id, {
        id,
        subject: header(record, "ce_subject") ?? "",
        sequence: Number(header(record, "ce_sequence")),
        cents: data.total_cents ?? (data.total ?? 0) * 100,
        partition: record.partition,
        offset: record.offset,
      });
  }
  return [...events.values()];
}

const rowsOf = (cluster: Cluster, table: string): string[] =>
  cluster
    .all(`SELECT event_id, order_id, sequence, cents FROM ${table} ORDER BY rowid`)
    .map(({ event_id, order_id, sequence, cents }) => `${event_id} ${order_id} ${sequence} ${cents}`);

function assertInOrder(cluster: Cluster, table: string): void {
  const last = new Map<unknown, number>();
  for (const { order_id, sequence } of cluster.all(`SELECT order_id, sequence FROM ${table} ORDER BY rowid`)) {
    assert.ok(Number(sequence) > (last.get(order_id) ?? 0), `${table}: ${order_id} has ${sequence} after ${last.get(order_id)}`);
    last.set(order_id, Number(sequence));
  }
}

function handlerNames(cluster: Cluster): Map<string, string[]> {
  const names = new Map<unknown, string[]>();
  for (const { name, id } of cluster.all("SELECT name, handler_id AS id FROM throughline_handler_names ORDER BY rank"))
    names.set(id, [...(names.get(id) ?? []), String(name)]);
  return new Map([...names.values()].map((found) => [found.at(-1) ?? "", found]));
}

const originsSql = (handler: string): string => `
  SELECT "partition", origin_offset AS origin FROM throughline_cursors AS c
  JOIN throughline_handler_names AS n ON n.handler_id = c.handler_id WHERE n.name = '${handler}' AND topic = 'order'`;
