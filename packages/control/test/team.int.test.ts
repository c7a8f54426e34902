import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import pg from "pg";
import { createMemoryLog, systemSurroundings } from "throughline";
import { startPostgres, unsynced } from "../../../scripts/services/postgres.ts";
import { readRedriveRequest } from "throughline/system-topics";
import { type ControlServer, createIndexer, openPostgresIndex, slackChannel, startControl } from "../src/index.ts";
import { SmallLog } from "./small-log.ts";

const server = await startPostgres({ settings: unsynced });
after(() => server.close());

const folder = mkdtempSync(join(tmpdir(), "throughline-team-"));
after(() => rmSync(folder, { recursive: true, force: true }));

async function newDatabase(name: string): Promise<string> {
  const client = new pg.Client({ connectionString: server.url() });
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  return server.url(name);
}

/** What a channel was sent, by its first word. */
async function pagerOf(): Promise<{ url: string; told: string[]; close(): void }> {
  const told: string[] = [];
  const receiver = createServer((request, response) => {
    void request.toArray().then((chunks) => {
      const { text } = JSON.parse(Buffer.concat(chunks).toString()) as { text: string };
      told.push(/:([a-z_]+):/.exec(text)![1]!);
      response.end();
    });
  }).listen(0, "127.0.0.1");
  await once(receiver, "listening");
  return { url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`, told, close: () => receiver.close() };
}

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const endsAt = Date.now() + 60_000;
  while (!(await condition())) {
    assert.ok(Date.now() < endsAt, `it did not happen within 60 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

interface LagNow {
  readonly groups: readonly {
    readonly group: string;
    readonly behind: number;
    readonly incident: { readonly id: string } | null;
  }[];
}

test("of three control planes on one database one tells, all of them show and act, and another goes on when it ends", async () => {
  const log = createMemoryLog({ defaultPartitions: 1 });
  await log.createTopics([{ name: "order" }]);
  let read = 0;
  const reader = await log.subscribe({
    group: "billing",
    topics: ["order"],
    clientId: "billing-1",
    onAssigned: async (partitions) => partitions.map(() => 0),
    onBatch: async () => undefined,
    onRevoked: async () => undefined,
    onLost: () => undefined,
    onError: () => undefined,
  });
  const commit = async (offset: number): Promise<void> => {
    read = offset;
    reader.commit({ topic: "order", partition: 0 }, read);
    await reader.flush();
  };
  const pager = await pagerOf();
  const one = (n: number): Promise<ControlServer> =>
    startControl({
      log,
      dataDir: join(folder, `control-${n}`),
      surroundings: systemSurroundings,
      port: 0,
      database: server.url(),
      lag: {
        channels: [slackChannel({ name: "pager", url: pager.url, allowInside: true })],
        rules: { default: { maxBehind: 10, recoversAfterMs: 0 } },
        everyMs: 200,
      },
    });
  const planes = await Promise.all([one(1), one(2), one(3)]);
  const ask = async <T>(plane: ControlServer, path: string, init: RequestInit = {}): Promise<T> =>
    (await (await fetch(`${plane.url}/api/v1${path}`, init)).json()) as T;
  try {
    await commit(0);
    await log.append(Array.from({ length: 50 }, () => ({ topic: "order", partition: 0, key: null, value: null, headers: [] })));
    for (const [n, plane] of planes.entries())
      await until(`plane ${n} shows the incident`, async () => {
        const { groups } = await ask<LagNow>(plane, "/lag");
        return groups.some(({ group, behind, incident }) => group === "billing" && behind === 50 && incident !== null);
      });
    await until("the alert", async () => pager.told.length > 0);
    const { items } = await ask<{ items: { id: string }[] }>(planes[2], "/incidents?open=true");
    assert.equal(items.length, 1);
    const body = JSON.stringify({ note: "mine" });
    const init = { method: "POST", headers: { "content-type": "application/json" }, body };
    await ask(planes[2], `/incidents/${items[0]!.id}/acknowledge`, init);
    for (const plane of planes) {
      const { incident } = await ask<{ incident: { acknowledgement: { note: string } | null } }>(
        plane,
        `/incidents/${items[0]!.id}`,
      );
      assert.equal(incident.acknowledgement?.note, "mine");
    }
    // Whoever watches is among the two that end.
    for (const plane of planes.splice(0, 2)) await plane.close();
    await commit(50);
    await until("the recovery", async () => pager.told.includes("large_green_circle"));
    assert.deepEqual(pager.told, ["red_circle", "large_green_circle"]);
    const { items: open } = await ask<{ items: object[] }>(planes[0], "/incidents?open=true");
    assert.deepEqual(open, []);
  } finally {
    for (const plane of planes) await plane.close();
    await reader.close();
    pager.close();
    await log.close();
  }
});

test("while the database is away nobody is logged out, and a job waits and goes on, at whichever control plane it was confirmed", async () => {
  const small = new SmallLog();
  await small.announce("billing", [{ name: "invoice" }], { atMs: Date.now() });
  const letters = 30;
  for (let n = 0; n < letters; n++) {
    await small.event({ id: `e-${n}`, type: "order.completed", subject: `o-${n}`, atMs: Date.now() });
    await small.letter("billing", "invoice", "order", n, { failureId: `f-${n}`, failedAtMs: Date.now() });
  }
  const database = await newDatabase("away");
  let setup = "";
  const open = (n: number): Promise<ControlServer> =>
    startControl({
      log: small.log,
      dataDir: join(folder, `away-${n}`),
      surroundings: systemSurroundings,
      port: 0,
      database,
      access: { login: true, onSetup: (url) => (setup = url) },
    });
  const [one, two] = await Promise.all([open(1), open(2)]);
  const index = await openPostgresIndex(database);
  const indexer = createIndexer({ log: small.log, store: index });
  try {
    await indexer.catchUp();
    const json = { "content-type": "application/json" };
    const post = (plane: ControlServer, path: string, body: object, headers = {}): Promise<Response> =>
      fetch(`${plane.url}/api/v1${path}`, { method: "POST", headers: { ...json, ...headers }, body: JSON.stringify(body) });
    const boss = { user: "boss", password: "correct horse battery" };
    const entered = await post(two, "/session/setup", { token: setup.split("#")[1], ...boss });
    const headers = { cookie: entered.headers.get("set-cookie")!.split(";")[0]!, "x-throughline-csrf": "1" };
    const selection = { query: { service: "billing" } };
    const planned = await post(one, "/redrive-plans", { action: "redrive", selection }, headers);
    const { id, total } = (await planned.json()) as { id: string; total: number };
    assert.equal(total, letters);
    const confirmed = await post(two, `/redrive-plans/${id}/confirm`, { reason: "mended", ratePerSecond: 15 }, headers);
    assert.equal(confirmed.status, 202);
    const asked = async (): Promise<number> => {
      const topics = await small.log.topics();
      return topics.some(({ name }) => name === "billing.redrive") ? (await small.log.offsets("billing.redrive"))[0]!.end : 0;
    };
    await until("some are asked for", async () => (await asked()) > 3);
    await server.stop();
    for (const plane of [one, two]) {
      const answer = await fetch(`${plane.url}/api/v1/overview`, { headers });
      const { code } = (await answer.json()) as { code: string };
      assert.deepEqual([answer.status, code], [503, "CONTROL_DATABASE_AWAY"]);
    }
    const before = await asked();
    assert.ok(before < letters);
    await server.start();
    await until("all are asked for", async () => (await asked()) >= letters);
    for (const plane of [one, two])
      assert.equal((await fetch(`${plane.url}/api/v1/overview`, { headers })).status, 200, "nobody is logged out");
    const named = new Set<string>();
    for await (const batch of small.log.read({ topic: "billing.redrive", partition: 0, fromOffset: 0 }))
      for (const { value } of batch) named.add(readRedriveRequest(value)!.requestId);
    assert.equal(named.size, letters);
  } finally {
    await indexer.close();
    for (const opened of [one, two, index]) await opened.close();
  }
});
