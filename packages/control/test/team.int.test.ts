import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createMemoryLog, systemSurroundings } from "throughline";
import { startPostgres, unsynced } from "../../../scripts/services/postgres.ts";
import { type ControlServer, slackChannel, startControl } from "../src/index.ts";

const server = await startPostgres({ settings: unsynced });
after(() => server.close());

const folder = mkdtempSync(join(tmpdir(), "throughline-team-"));
after(() => rmSync(folder, { recursive: true, force: true }));

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
  const planes = [await one(1), await one(2), await one(3)];
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
    const { items } = await ask<{ items: { id: string }[] }>(planes[2]!, "/incidents?open=true");
    assert.equal(items.length, 1);
    const body = JSON.stringify({ note: "mine" });
    const init = { method: "POST", headers: { "content-type": "application/json" }, body };
    await ask(planes[2]!, `/incidents/${items[0]!.id}/acknowledge`, init);
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
    const { items: open } = await ask<{ items: object[] }>(planes[0]!, "/incidents?open=true");
    assert.deepEqual(open, []);
  } finally {
    for (const plane of planes) await plane.close();
    await reader.close();
    pager.close();
    await log.close();
  }
});
