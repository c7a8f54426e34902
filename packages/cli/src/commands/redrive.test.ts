import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { EventLog } from "throughline/seams";
import {
  announcedContracts,
  contractsRecord,
  readRedriveRequest,
  type AuditEntry,
  type EventReceipt,
  type RedriveRequest,
} from "throughline/system-topics";
import { runCommand } from "../../test/run-command.ts";
import { noonMs, ShopLog } from "../../test/shop-log.ts";

const [first, second, uncertain] = ["0198b2c4-0001-7000", "0198b2c4-0002-7000", "0198b2c4-0003-7000"] as const;

async function shop(): Promise<ShopLog> {
  const shop = new ShopLog();
  for (const n of [1, 2, 3]) await shop.event({ id: `e-${n}`, type: "order.completed", subject: `o-${n}`, data: { total: n } });
  await shop.announce("billing", [{}], { atMs: noonMs + 110_000 });
  await shop.deadLetter("billing", "create-invoice", { topic: "order", offset: 1, failureId: second, failedAtMs: noonMs + 1 });
  await shop.deadLetter("billing", "create-invoice", { topic: "order", offset: 0, failureId: first, failedAtMs: noonMs + 2 });
  await shop.deadLetter("billing", "create-invoice", {
    topic: "order",
    offset: 2,
    failureId: uncertain,
    reason: "uncertain",
    failedAtMs: noonMs + 3,
  });
  return shop;
}

async function valuesOf<T>(log: EventLog, topic: string, read: (value: Uint8Array | null) => T): Promise<T[]> {
  const values: T[] = [];
  if (!(await log.topics()).some(({ name }) => name === topic)) return values;
  for (const { partition } of await log.offsets(topic)) {
    for await (const batch of log.read({ topic, partition, fromOffset: 0 }))
      values.push(...batch.map((record) => read(record.value)));
  }
  return values;
}

const requestsOn = (log: EventLog): Promise<RedriveRequest[]> =>
  valuesOf(log, "billing.redrive", (value) => readRedriveRequest(value)!);
const auditOn = (log: EventLog): Promise<AuditEntry[]> =>
  valuesOf(log, "throughline.audit", (value) => JSON.parse(Buffer.from(value!).toString()));

/** Answers requests as the service would, as soon as they stand in the log. */
function answering(
  shop: ShopLog,
  answer: (request: RedriveRequest) => Partial<EventReceipt> & { outcome: EventReceipt["outcome"] },
): AbortController {
  const stop = new AbortController();
  const answered = new Set<string>();
  void (async () => {
    while (!stop.signal.aborted) {
      for (const request of await requestsOn(shop.log)) {
        if (answered.has(request.requestId)) continue;
        answered.add(request.requestId);
        await shop.receipt("billing", "create-invoice", {
          topic: "order",
          offset: request.original.offset,
          failureId: request.failureId,
          atMs: request.atMs + 1,
          ...answer(request),
        });
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  return stop;
}

test("plans first, and writes nothing when nobody confirms", async () => {
  const { log } = await shop();
  const { exitCode, stderr } = await runCommand(log, ["redrive", "--service", "billing"]);
  assert.equal(exitCode, 2);
  assert.match(stderr, /CONSUMER +DEAD LETTERS +SERVICE\nbilling\/create-invoice +2 +running/);
  assert.match(stderr, /1 with the reason "uncertain" are left out/);
  assert.match(stderr, /"Redrive 2 dead letters" was not confirmed, and nothing was written; .*--yes/);
  assert.deepEqual(await requestsOn(log), []);
  assert.equal((await runCommand(log, ["redrive", "--service", "billing"], { answer: false })).exitCode, 2);
  assert.deepEqual(await requestsOn(log), []);
});

test("writes a request for each letter in the log's order, with an audit entry, and shows the answers", async () => {
  const filled = await shop();
  const stop = answering(filled, () => ({ outcome: "applied" }));
  const { exitCode, stdout } = await runCommand(filled.log, ["redrive", "--service", "billing", "--note", "mended"], {
    answer: true,
  });
  stop.abort();
  assert.equal(exitCode, 0);
  assert.match(stdout, /0198b2c4-0001 +billing\/create-invoice +o-1 +applied/);
  assert.match(stdout, /2 of 2 done\./);
  const requests = await requestsOn(filled.log);
  assert.deepEqual(
    requests.map(({ failureId, action, by, reason, editedValue, force }) => ({
      failureId,
      action,
      by,
      reason,
      editedValue,
      force,
    })),
    [first, second].map((failureId) => ({
      failureId,
      action: "redrive",
      by: "ana",
      reason: "mended",
      editedValue: null,
      force: false,
    })),
  );
  assert.equal(Buffer.from(requests[0]!.original.value!).toString(), '{"total":1}');
  assert.deepEqual(
    (await auditOn(filled.log)).map(({ action, failureId, by, id }) => ({ action, failureId, by, id })),
    requests.map(({ failureId, requestId }) => ({ action: "redrive", failureId, by: "ana", id: requestId })),
  );
});

test("fails when an event is dead again, and says why", async () => {
  const filled = await shop();
  const stop = answering(filled, () => ({ outcome: "dead", error: { name: "Error", code: null, message: "still broken" } }));
  const { exitCode, stdout } = await runCommand(filled.log, ["redrive", first, "--yes"]);
  stop.abort();
  assert.equal(exitCode, 1);
  assert.match(stdout, /dead again +Error: still broken/);
  assert.match(stdout, /0 of 1 done\./);
});

test("takes an answer of another request for its own only by the failure", async () => {
  const filled = await shop();
  const stop = answering(filled, (request) => ({ outcome: "applied", requestId: `${request.requestId}-other` }));
  const { exitCode, stdout } = await runCommand(filled.log, ["redrive", first, "--yes", "--timeout", "50ms"]);
  stop.abort();
  assert.equal(exitCode, 1);
  assert.match(stdout, /unanswered/);
});

test("tells what was heard of a letter that is not answered in time", async () => {
  const filled = await shop();
  const stop = answering(filled, () => ({
    outcome: "retried",
    attempt: 1,
    error: { name: "Error", code: "E42", message: "still broken" },
  }));
  const { exitCode, stdout } = await runCommand(filled.log, ["redrive", first, "--yes", "--timeout", "100ms"]);
  stop.abort();
  assert.equal(exitCode, 1);
  assert.match(stdout, /failing +E42: still broken/);
});

test("does not wait with --no-wait, and shows the letters as asked for", async () => {
  const { log } = await shop();
  assert.equal((await runCommand(log, ["redrive", "--all", "--yes", "--no-wait"])).exitCode, 0);
  assert.equal((await requestsOn(log)).length, 2);
  assert.match((await runCommand(log, ["failed"])).stdout, /0198b2c4-0001 .* failed \(redrive asked\)/);
});

test("an uncertain letter is redriven when it is named", async () => {
  const { log } = await shop();
  await runCommand(log, ["redrive", uncertain, "--yes", "--no-wait"]);
  assert.deepEqual(
    (await requestsOn(log)).map(({ failureId }) => failureId),
    [uncertain],
  );
});

test("keeps to the rate", async () => {
  const { log } = await shop();
  const slow = Date.now();
  await runCommand(log, ["redrive", first, second, "--yes", "--no-wait", "--rate", "1"]);
  assert.ok(Date.now() - slow >= 900, `two requests at one a second took ${Date.now() - slow} ms`);
});

test("an edit replaces the payload byte for byte and is audited as an edit", async (t) => {
  const { log } = await shop();
  const folder = await mkdtemp(join(tmpdir(), "throughline-"));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, "event.json");
  await writeFile(file, '{ "total": 12345678901234567890 }\n');
  await runCommand(log, ["redrive", first, "--edit", file, "--yes", "--no-wait"]);
  const [request] = await requestsOn(log);
  assert.equal(Buffer.from(request!.editedValue!).toString(), '{ "total": 12345678901234567890 }');
  assert.deepEqual(
    (await auditOn(log)).map(({ action }) => action),
    ["edit"],
  );

  await writeFile(file, "{ total: 1 }");
  const wrong = await runCommand(log, ["redrive", first, "--edit", file, "--yes"]);
  assert.equal(wrong.exitCode, 2);
  assert.match(wrong.stderr, /event.json is not JSON/);
  assert.match((await runCommand(log, ["redrive", first, second, "--edit", file, "--yes"])).stderr, /not JSON|--edit mends one/);
});

test("an edit is checked by the contracts lock before anything is asked, and by what the handler announced where it did", async (t) => {
  const filled = await shop();
  const { log } = filled;
  const folder = await mkdtemp(join(tmpdir(), "throughline-"));
  t.after(() => rm(folder, { recursive: true }));
  const [file, lock] = [join(folder, "event.json"), join(folder, "contracts.lock.json")];
  const data = { type: "object", properties: { total: { type: "integer" } }, required: ["total"], additionalProperties: false };
  const facts = { stream: "order", subject: "total", tenant: null, personal: [], compacted: false } as const;
  const locked = {
    ...facts,
    published: true,
    service: "orders",
    owner: null,
    description: null,
    registrySubject: "order.completed.v1",
    registered: null,
    data,
    encoding: null,
    before: [],
  };
  await writeFile(lock, JSON.stringify({ lockVersion: 1, registry: null, contracts: { "order.completed": { 1: locked } } }));
  const edit = async (text: string) => {
    await writeFile(file, text);
    return runCommand(log, ["redrive", first, "--edit", file, "--lock", lock, "--yes", "--no-wait"]);
  };
  const wrong = await edit('{"total":"x"}');
  assert.equal(wrong.exitCode, 2);
  assert.match(wrong.stderr, /event\.json is not valid by the contracts lock: \/total must be an integer/);
  assert.deepEqual(await requestsOn(log), []);

  // What its handler reads is another thing than what was agreed.
  const reads = [
    { ...facts, type: "order.completed", version: 1, schema: { type: "object", properties: { total: { type: "string" } } } },
  ];
  const read = { ...reads[0]!, lifts: [], adopted: false };
  const announced = announcedContracts("billing", {
    publishes: [],
    handlers: [{ name: "create-invoice", order: "sequential", reads: [read] }],
  });
  await filled.append(contractsRecord(announced));
  await filled.announce("billing", [{}], { atMs: noonMs + 120_000, contracts: announced.hash });
  assert.match((await edit('{"total":1}')).stderr, /not valid by the contract of billing: \/total must be a string/);
  const right = await edit('{"total":"x","more":1}');
  assert.match(right.stderr, /it is valid by the contract of billing, and billing checks it again/);
  assert.equal((await requestsOn(log)).length, 1);
});

for (const [args, problem] of [
  [[], /say which dead letters/],
  [[first, "--all"], /give failure ids, or filters, not both/],
  [["--all", "--rate", "0"], /--rate takes a number above zero, not "0"/],
  [["--all", "--timeout", "soon"], /--timeout takes a duration/],
] as const) {
  test(`refuses "redrive ${args.join(" ")}" as wrong usage`, async () => {
    const { log } = await shop();
    const { exitCode, stderr } = await runCommand(log, ["redrive", ...args, "--yes"]);
    assert.equal(exitCode, 2);
    assert.match(stderr, problem);
  });
}

test("a dry run writes nothing", async () => {
  const { log } = await shop();
  const { plan, requests } = (await runCommand(log, ["redrive", "--all", "--dry-run", "--json"])).json();
  assert.deepEqual(plan, [{ service: "billing", handler: "create-invoice", count: 2, absence: null }]);
  assert.deepEqual(requests, []);
  assert.deepEqual(await requestsOn(log), []);
});

test("discard asks with a reason, and is done when the service says discarded", async () => {
  const filled = await shop();
  const stop = answering(filled, (request) => ({ outcome: "discarded", requestId: request.requestId }));
  const { exitCode, json } = await runCommand(filled.log, ["discard", first, "--reason", "test order", "--yes", "--json"]);
  stop.abort();
  assert.equal(exitCode, 0);
  assert.deepEqual([json().ok, json().requests[0].outcome], [true, "discarded"]);
  assert.deepEqual(
    (await requestsOn(filled.log)).map(({ action, reason }) => [action, reason]),
    [["discard", "test order"]],
  );
});

test("discard without a reason is wrong usage", async () => {
  const { log } = await shop();
  const { exitCode, stderr } = await runCommand(log, ["discard", first, "--yes"]);
  assert.equal(exitCode, 2);
  assert.match(stderr, /required option '--reason <text>' not specified/);
});

test("says that a service does not run before asking it", async () => {
  const filled = await shop();
  await filled.announce("billing", [{}], { state: "stopped", atMs: noonMs + 115_000 });
  assert.match(
    (await runCommand(filled.log, ["redrive", "--all", "--dry-run"])).stderr,
    /billing\/create-invoice +2 +stopped: it answers when it runs/,
  );
});

test("a refused request names how many were written before it", async () => {
  const filled = await shop();
  await filled.topics("billing.redrive", "throughline.audit");
  filled.log.refuse((record) =>
    record.topic === "billing.redrive" && Buffer.from(record.key!).toString() === "o-2" ? "no" : undefined,
  );
  const { exitCode, stderr } = await runCommand(filled.log, ["redrive", "--all", "--yes"]);
  assert.equal(exitCode, 1);
  assert.match(
    stderr,
    /refused a record for "billing.redrive" .*; 1 of 2 requests were written before it.* \[CLI_NOT_APPENDED\]/,
  );
});
