import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { EventLog, LogRecord, NewRecord } from "throughline/seams";
import { readDeadLetter } from "throughline/system-topics";
import { kafkaTool } from "../scripts/services/kafka-tool.ts";
import { startKafka } from "../scripts/services/kafka.ts";
import { startPostgres, unsynced } from "../scripts/services/postgres.ts";
import { stream } from "./adopted/contracts.ts";
import { until } from "./bad-input/until.ts";
import { type Program, startProgram, throughline } from "./outbox/processes.ts";
import { kafkaPlace } from "./places/place.ts";

const orders = 300;
const payments = 100;
const kills = 3;
const partitions = 2;

test(
  "a topic of plain JSON and binary records is adopted, whoever dies, and stays its owner's",
  { timeout: 600_000 },
  async (t) => {
    // A broker that makes a topic for whoever asks for one: whether it exists in the end is our doing.
    await using kafka = await startKafka({ properties: { "auto.create.topics.enable": "true" } });
    await using postgres = await startPostgres({ settings: unsynced });
    const folder = mkdtempSync(join(tmpdir(), "throughline-adopted-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const place = kafkaPlace(kafka, postgres, folder);
    const log = await place.openLog();
    t.after(() => log.close());
    const databases = place.openDatabases();
    t.after(() => databases.close());
    const handled = (): Promise<number> => databases.number("mirror", "SELECT count(*) FROM changes");
    const start = (): Program =>
      startProgram(t, "e2e/adopted/mirror-main.ts", place.env.THROUGHLINE_EVENTS, place.env.THROUGHLINE_STORE);
    const wait = async (what: string, condition: () => boolean | Promise<boolean>): Promise<void> => {
      await until(what, condition, 120_000).catch(async (error: Error) => {
        const said = mirror.lines.slice(-10).join("\n");
        throw new Error(`${error.message}; ${await handled()} are handled, and the service says:\n${said}`);
      });
    };
    const on = (...args: string[]) => throughline(t, ...args, "--events", kafka.url);

    // It runs, and announces itself, and nobody has made the topic.
    let mirror = start();
    await wait("it has started", () => mirror.lines.some((line) => line.includes("the service has started")));
    await wait("it has announced itself", async () => (await readAll(log, "throughline.services")).length > 0);
    assert.ok(!(await log.topics()).some(({ name }) => name === stream));
    const at = ["--bootstrap-server", kafka.bootstrapServers];
    // The owner does; the tool refuses where it exists.
    const settings = ["--partitions", String(partitions), "--config", "max.message.bytes=65536"];
    await kafkaTool(kafka, "TopicCommand", [...at, "--create", "--topic", stream, ...settings]);

    const change = (n: number): string =>
      JSON.stringify({ change: `c${n}`, at: "2026-01-31T12:00:00Z", order_id: `o${n % 20}`, state: `s${n}` });
    const lines = Array.from({ length: orders }, (_, n) => `o${n % 20}\t${change(n)}\n`);
    const twice = lines.filter((_, n) => n % 3 === 0);
    const writeLines = (text: string): Promise<string> =>
      kafkaTool(kafka, "ConsoleProducer", [...at, "--topic", stream, "--property", "parse.key=true"], text);
    const write = async (records: readonly NewRecord[]): Promise<void> => {
      for (const result of await log.append(records)) assert.ok(result.ok);
    };
    const pay = (n: number): NewRecord => {
      const value = Buffer.alloc(5);
      value.writeInt32BE(100 + n, 1);
      return { topic: stream, key: Buffer.from(`o${n % 20}`), value, headers: [["payment-no", Buffer.from(`p${n}`)]] };
    };
    const payAll = () => write(Array.from({ length: payments }, (_, n) => pay(n)));
    // The topic fills while it is away; then it is killed at work, again and again, and another one goes on.
    mirror.child.kill("SIGTERM");
    assert.equal(await mirror.ended, 0);
    await Promise.all([writeLines([...lines, ...twice].join("")), payAll(), payAll()]);
    mirror = start();
    for (let killed = 1; killed <= kills; killed++) {
      const before = await handled();
      await wait("some more are handled", async () => (await handled()) > before + 20);
      mirror.child.kill("SIGKILL");
      await mirror.ended;
      assert.ok((await handled()) < orders + payments, "it was killed too late to show anything");
      mirror = start();
    }
    await wait("each is handled", async () => (await handled()) >= orders + payments);

    // What was written before is written once more, by a producer that restarts; behind it stands what nobody can read.
    const xml = Buffer.from("<order id='o1'/>");
    const bytes = Buffer.from([0x00, 0xff, 0xfe, 0x80, 0x0d, 0x0a]);
    await Promise.all([writeLines(lines.join("")), payAll()]);
    await writeLines(`o1\t${xml.toString()}\n`);
    await write([{ topic: stream, key: Buffer.from([0xff]), value: bytes, headers: [] }]);
    const letters = async () =>
      (await readAll(log, "mirror.dlt")).map((record) => readDeadLetter(record)).filter((letter) => letter !== null);
    await wait("both are dead letters", async () => (await letters()).length === 2);
    const failures = new Map((await letters()).map((found) => [Buffer.from(found.original.value ?? []).toString("hex"), found]));
    const ofXml = failures.get(xml.toString("hex"));
    const ofBytes = failures.get(bytes.toString("hex"));
    assert.deepEqual([ofXml?.letter.reason, ofBytes?.letter.reason], ["undecodable", "undecodable"]);
    assert.deepEqual(
      [ofXml, ofBytes].map((found) => found?.original.key && Buffer.from(found.original.key)),
      [Buffer.from("o1"), Buffer.from([0xff])],
    );
    assert.match(ofXml?.letter.error.message ?? "", /decode of "legacy.order-changed" threw SyntaxError/);
    assert.match(ofBytes?.letter.error.message ?? "", /what decode of "legacy.order-paid" makes of it has an id that is empty/);

    // The command line shows what it can of them, and one is mended.
    assert.match(JSON.stringify(await on("failed")), /EVENT_UNDECODABLE/);
    const tail = startProgram(
      t,
      "packages/cli/src/main.ts",
      ..."events tail --from earliest --no-follow --json".split(" "),
      stream,
      "--events",
      kafka.url,
    );
    assert.equal(await tail.ended, 0);
    assert.equal(tail.lines.length, 2 * orders + twice.length + 3 * payments + 2);
    await on("flow", "c7");
    const mended = join(folder, "order.json");
    writeFileSync(mended, JSON.stringify({ change: "c-mended", at: "2026-01-31T12:00:00Z", order_id: "o1", state: "mended" }));
    const failureId = ofXml?.letter.failureId ?? "";
    await on("redrive", failureId, "--edit", mended, "--yes");
    await wait("the mended one is handled", async () => (await handled()) > orders + payments);

    // A restart, and all of it is there once.
    mirror.child.kill("SIGTERM");
    assert.equal(await mirror.ended, 0);
    mirror = start();
    await writeLines(`${lines.at(-1)}o9\t${change(orders)}\n`);
    await wait("the next one is handled", async () => (await handled()) > orders + payments + 1);
    const published = async () =>
      new Set((await readAll(log, "mirror")).map(({ value }) => Buffer.from(value ?? []).toString())).size;
    const all = orders + 1 + payments + 1;
    await wait("what it published is on the log", async () => (await published()) >= all);
    mirror.child.kill("SIGTERM");
    assert.equal(await mirror.ended, 0);
    const rows = await databases.all("mirror", "SELECT id, what, occurred FROM changes");
    const ids = rows.map(({ id }) => String(id)).toSorted();
    const wanted = [
      ...Array.from({ length: orders + 1 }, (_, n) => `c${n}`),
      ...Array.from({ length: payments }, (_, n) => `p${n}`),
      "c-mended",
    ].toSorted();
    assert.deepEqual(ids, wanted);
    assert.equal(rows.find(({ id }) => id === "p7")?.["what"], "107");
    assert.equal(rows.find(({ id }) => id === "c7")?.["occurred"], "2026-01-31T12:00:00Z");
    assert.equal(await published(), all);

    // It is as its owner made it.
    const described = await kafkaTool(kafka, "TopicCommand", [...at, "--describe", "--topic", stream]);
    assert.match(described, new RegExp(`PartitionCount: ${partitions}\\b`));
    assert.match(described, /Configs: [^\n]*max.message.bytes=65536/);
  },
);

async function readAll(log: EventLog, topic: string): Promise<LogRecord[]> {
  if (!(await log.topics()).some(({ name }) => name === topic)) return [];
  const records: LogRecord[] = [];
  for (const { partition } of await log.offsets(topic))
    for await (const batch of log.read({ topic, partition, fromOffset: 0 })) records.push(...batch);
  return records;
}
