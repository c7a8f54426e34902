import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it, type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { isThroughlineError, type SubscribeOptions, thisProcess } from "throughline/seams";
import { openLog } from "../open-sqlite-log.ts";
import type { SqliteLog } from "../sqlite-log.ts";
import { isGone } from "./is-gone.ts";

const folder = mkdtempSync(join(tmpdir(), "group-member-"));
after(() => rmSync(folder, { recursive: true }));
let files = 0;

async function logWith(t: TestContext, partitions: number): Promise<SqliteLog> {
  const log = await openLog({ path: join(folder, `events-${(files += 1)}.db`) });
  t.after(() => log.close());
  await log.createTopics([{ name: "order", partitions }]);
  return log;
}

async function member(log: SqliteLog, options: Partial<SubscribeOptions> = {}) {
  const errors: Error[] = [];
  const lost: number[] = [];
  const subscription = await log.subscribe({
    group: "billing",
    topics: ["order"],
    onAssigned: async (partitions) => partitions.map(() => null),
    onBatch: async () => {},
    onRevoked: async () => {},
    onLost: (partitions) => lost.push(...partitions.map(({ partition }) => partition)),
    onError: (error) => errors.push(error),
    ...options,
  });
  return { subscription, errors, lost };
}

async function until(what: string, condition: () => boolean): Promise<void> {
  for (const since = performance.now(); !condition();) {
    assert.ok(performance.now() - since < 10_000, `waited in vain until ${what}`);
    await delay(2);
  }
}

describe("a group member", () => {
  it("knows its first assignment when subscribe resolves", async (t) => {
    const log = await logWith(t, 3);
    const { subscription } = await member(log);
    assert.deepEqual(
      subscription.assigned(),
      [0, 1, 2].map((partition) => ({ topic: "order", partition })),
    );
  });

  it("delivers nothing of a read that a seek overtook", async (t) => {
    const log = await logWith(t, 1);
    await log.append(Array.from({ length: 6 }, () => ({ topic: "order", key: null, value: null, headers: [] })));
    const delivered: number[] = [];
    const { subscription } = await member(log, {
      onBatch: async ({ records }) => void delivered.push(...records.map(({ offset }) => offset)),
    });
    const partition = { topic: "order", partition: 0 };
    subscription.seek(partition, 0);
    subscription.seek(partition, 4);
    await until("the rest arrived", () => delivered.includes(5));
    assert.deepEqual(delivered, [4, 5]);
  });

  it("ends, and says why, when another takes its instance id", async (t) => {
    const log = await logWith(t, 2);
    const first = await member(log, { instanceId: "billing-1" });
    const second = await member(log, { instanceId: "billing-1" });
    await until("the first was told", () => first.errors.some((error) => isThroughlineError(error, "LOG_INSTANCE_TAKEN")));
    await until("the second has both", () => second.subscription.assigned().length === 2);
    assert.deepEqual([first.subscription.assigned(), first.lost, second.errors], [[], [0, 1], []]);
    assert.deepEqual(
      (await log.groups()).map(({ members }) => members.length),
      [1],
    );
  });

  it("ends, and says why, when onAssigned rejects", async (t) => {
    const log = await logWith(t, 1);
    const reason = new Error("the store is gone");
    const { errors } = await member(log, { onAssigned: () => Promise.reject(reason) });
    await until("the error was told", () => errors.length > 0);
    assert.deepEqual(errors, [reason]);
    const heir = await member(log);
    await until("the heir has it", () => heir.subscription.assigned().length === 1);
  });

  it("tells an onRevoked that rejects, and lets go all the same", async (t) => {
    const log = await logWith(t, 1);
    const reason = new Error("could not drain");
    const { subscription, errors } = await member(log, { onRevoked: () => Promise.reject(reason) });
    await subscription.close();
    assert.deepEqual(errors, [reason]);
    assert.deepEqual(
      (await log.groups()).map(({ state }) => state),
      ["empty"],
    );
  });

  it("leaves nobody behind when the log is closed while it joins", async (t) => {
    const log = await logWith(t, 1);
    const path = join(folder, `events-${files}.db`);
    const joining = member(log).then(
      () => "joined",
      (error: unknown) => (isThroughlineError(error) ? error.code : error),
    );
    await log.close();
    assert.ok(["joined", "LOG_CLOSED"].includes(String(await joining)));
    const again = await openLog({ path });
    t.after(() => again.close());
    assert.deepEqual(
      (await again.groups()).flatMap(({ members }) => members),
      [],
    );
  });
});

describe("isGone", () => {
  const row = {
    id: "m",
    clientId: null,
    instanceId: null,
    process: thisProcess(),
    topics: [],
    sessionMs: 1_000,
    heartbeatMs: 50_000,
  };
  const dead = "999999999.1." + thisProcess().split(".")[2];

  it("is true once the session ran out, not before", () => {
    assert.deepEqual([isGone(row, 51_000), isGone(row, 51_001)], [false, true]);
  });

  it("is true at once for a process that ended, unless its name is kept for it", () => {
    assert.equal(isGone({ ...row, process: dead }, 50_000), true);
    assert.equal(isGone({ ...row, process: dead, instanceId: "one" }, 50_000), false);
    assert.equal(isGone({ ...row, process: dead, instanceId: "one" }, 51_001), true);
  });

  it("is true for a heartbeat from before the machine was started anew", () => {
    assert.equal(isGone(row, 3_000), true);
  });
});
