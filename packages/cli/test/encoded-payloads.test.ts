import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { createIndexer, indexFile, openSqliteIndex, startControl } from "@throughline/control";
import { announcedEncoding, openSchemaRegistry, registeredBytes, registeredText, startRegistry } from "@throughline/registry";
import { avro } from "@throughline/registry/avro";
import { protobuf } from "@throughline/registry/protobuf";
import { createMemoryLog, createMemoryStore, createService, defineEvent, systemSurroundings, type MemoryLog } from "throughline";
import { registrySubjectOf } from "throughline/contracts";
import type { SchemaRegistry } from "throughline/seams";
import { readRedriveRequest } from "throughline/system-topics";
import { until as untilWithin } from "./running-service.ts";

const encodings = { read: registeredText, write: registeredBytes, announced: announcedEncoding };
/** No number of JavaScript is it exactly. */
const huge = "9007199254740993";
interface Order {
  readonly order_id: string;
  readonly total: string;
  readonly email: string;
  readonly note?: string;
}
const text = { type: "string" };
const data = {
  type: "object",
  properties: { order_id: text, total: text, email: text, note: text },
  required: ["order_id", "total", "email"],
};
const common = { version: 1, subject: "order_id", data, personal: ["email"] } as const;
const fields = [
  { name: "order_id", type: "string" },
  { name: "total", type: "long" },
  { name: "email", type: "string" },
  { name: "note", type: ["null", "string"], default: null },
];
const AvroOrder = defineEvent<"order.avro", Order>("order.avro", {
  ...common,
  encoding: avro({ type: "record", name: "Order", fields }, { int64: "text" }),
});
const ProtoOrder = defineEvent<"order.proto", Order>("order.proto", {
  ...common,
  encoding: protobuf(
    'syntax = "proto3"; message Order { string order_id = 1; int64 total = 2; string email = 3; optional string note = 4; }',
    { int64: "text" },
  ),
});

const until = (what: string, condition: () => boolean | Promise<boolean>): Promise<void> => untilWithin(what, condition, 30_000);

/** Services that fail for what their event's note says, with a registry, and a console that asks it. */
async function world(t: TestContext, asked?: (registry: SchemaRegistry) => SchemaRegistry) {
  const log: MemoryLog = createMemoryLog({ defaultPartitions: 1 });
  const server = await startRegistry({ store: "sqlite::memory:", port: 0 });
  const registry = openSchemaRegistry({ url: server.url, env: {}, retryDelaysMs: [] });
  for (const { type, version, encoding } of [AvroOrder, ProtoOrder])
    await registry.register(registrySubjectOf(type, version), { schemaType: encoding!.schemaType, schema: encoding!.schema });
  const handled: Order[] = [];
  const options = { eventLog: log, log: { silent: true }, schemaRegistry: registry, retryDelaysMs: [] } as const;
  const orders = createService({ ...options, name: "orders", store: createMemoryStore(), publishes: [AvroOrder, ProtoOrder] });
  const reader = createService({ ...options, name: "reader", store: createMemoryStore(), from: "earliest" });
  reader.on([AvroOrder, ProtoOrder], "keep", ({ data: given }) => {
    if (given.note === "fail") throw new Error("it fails");
    handled.push(given);
  });
  const running = [await orders.start(), await reader.start()];
  const dataDir = mkdtempSync(join(tmpdir(), "encoded-"));
  const indexer = createIndexer({ log, store: openSqliteIndex(indexFile(dataDir)), pollMs: 20 });
  indexer.start();
  const control = await startControl({
    log,
    dataDir,
    surroundings: systemSurroundings,
    port: 0,
    registry: asked?.(registry) ?? registry,
    encodings,
  });
  t.after(async () => {
    await control.close();
    await indexer.close();
    for (const one of running) await one.close();
    await server.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  // oxlint-disable-next-line typescript/no-explicit-any -- its shape is what each test asserts
  const ask = async (path: string, body?: object): Promise<any> => {
    const post = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    return (await fetch(`${control.url}/api/v1${path}`, body === undefined ? {} : post)).json();
  };
  // On a busy machine the registry may not answer within the second that a publisher waits for it.
  const publish = (contract: typeof AvroOrder, order: Order) =>
    until("it is published", async () => {
      try {
        await orders.publish(contract, order, { tx: "none" });
        return true;
      } catch (error) {
        if ((error as { code?: string }).code !== "SCHEMA_ID_UNKNOWN") throw error;
        return false;
      }
    });
  const failure = async (): Promise<string> => {
    let id: string | undefined;
    await until("the failure is indexed", async () => {
      id = (await ask("/failures")).items[0]?.failureId;
      return id !== undefined;
    });
    return id!;
  };
  return { log, handled, ask, publish, failure, server };
}

const never = async (): Promise<never> => Promise.reject(new Error("it is not asked"));
const unasked: Omit<SchemaRegistry, "url" | "byId"> = {
  register: never,
  bySubject: async () => null,
  subjects: never,
  versions: never,
  lookUp: never,
  check: never,
  setCompatibility: never,
};
const asText = (text: string): string => Buffer.from(text).toString("base64");

for (const [name, contract] of [
  ["Avro", AvroOrder],
  ["Protobuf", ProtoOrder as unknown as typeof AvroOrder],
] as const)
  test(
    `${name} is shown as JSON with every digit, edited as JSON, and written back with the schema that it was written with`,
    { timeout: 180_000 },
    async (t) => {
      const { log, handled, ask, publish, failure } = await world(t);
      await publish(contract, { order_id: "o-1", total: huge, email: "ada@example.org", note: "fail" });
      const id = await failure();
      const masked = await ask(`/failures/${id}`);
      assert.deepEqual([masked.payload.kind, masked.payload.masked], ["json", ["/email"]], JSON.stringify(masked.payload));
      assert.doesNotMatch(JSON.stringify(masked), /ada@example/);
      assert.deepEqual(masked.contract.problems, []);
      const { payload } = await ask(`/failures/${id}?unmasked=true`);
      assert.equal(payload.text, `{"order_id":"o-1","total":${huge},"email":"ada@example.org","note":"fail"}`);
      assert.equal(payload.writtenAs.schemaType, name.toUpperCase());
      const { topic, partition, offset } = masked.failure.origin;
      const event = await ask(`/events/${topic}/${partition}/${offset}?unmasked=true`);
      assert.deepEqual([event.payload.text, event.contract.problems], [payload.text, []]);

      const edit = { changes: [{ pointer: "/note", json: '"mended"' }] };
      const check = await ask(`/failures/${id}/edit-check`, edit);
      assert.equal(check.verdict, "valid", JSON.stringify(check));
      assert.deepEqual(
        [check.writtenAs, check.checkedBy.service, check.checkedBy.in],
        [name.toUpperCase(), "reader", "announcement"],
      );
      assert.deepEqual(check.differences, [{ pointer: "/note", kind: "changed", before: '"fail"', after: '"mended"' }]);
      const wrong = await ask(`/failures/${id}/edit-check`, { changes: [{ pointer: "/total", json: "1.5" }] });
      assert.deepEqual([wrong.verdict, wrong.problems[0].pointer], ["invalid", "/total"]);
      const lost = await ask(`/failures/${id}/edit-check`, { changes: [{ pointer: "/colour", json: "1" }] });
      assert.match(lost.problems[0].message, /would be lost/);

      const selection = { failureIds: [id] };
      const refused = await ask("/redrive-plans", { action: "redrive", selection, payloadBase64: asText('{"order_id":"o-1"}') });
      assert.equal(refused.code, "REDRIVE_EDIT_IMPOSSIBLE");
      const same = await ask("/redrive-plans", { action: "redrive", selection, payloadBase64: asText(payload.text) });
      await ask(`/redrive-plans/${same.id}/confirm`, { reason: "nothing was changed" });
      await until("it failed again", async () => {
        const { failure: again } = await ask(`/failures/${id}`);
        const { endedAtMs } = await ask(`/jobs/${same.id}`);
        return endedAtMs !== null && again.state === "open" && again.failedAtMs > masked.failure.failedAtMs;
      });
      const plan = await ask("/redrive-plans", { action: "redrive", selection, payloadBase64: asText(check.text) });
      assert.deepEqual([same.isEdit, plan.isEdit], [true, true]);
      await ask(`/redrive-plans/${plan.id}/confirm`, { reason: "the note was wrong" });
      await until("the edited event is handled", () => handled.length === 1);
      assert.deepEqual(handled, [{ order_id: "o-1", total: huge, email: "ada@example.org", note: "mended" }]);
      const sent: Uint8Array[] = [];
      for await (const batch of log.read({ topic: "reader.redrive", partition: 0, fromOffset: 0 }))
        sent.push(...batch.map(({ value }) => readRedriveRequest(value)!.editedValue!));
      const originals: Uint8Array[] = [];
      for await (const batch of log.read({ topic, partition, fromOffset: offset, toOffset: offset + 1 }))
        originals.push(...batch.map(({ value }) => value!));
      // What nobody changed is byte-equal; what was changed has the very id that the original was written with.
      assert.deepEqual(Buffer.from(sent[0]!), Buffer.from(originals[0]!));
      assert.deepEqual([...sent[1]!.subarray(0, 5)], [...originals[0]!.subarray(0, 5)]);
    },
  );

test("a text is found in Avro's data, and in no personal field of it", async (t) => {
  const { ask, publish, handled } = await world(t);
  await publish(AvroOrder, { order_id: "o-7", total: "7", email: "ada@example.org", note: "Blue" });
  await publish(AvroOrder, { order_id: "o-8", total: huge, email: "bob@example.org" });
  await until("both are handled", () => handled.length === 2);
  const found = async (text: string, more = "") =>
    (await ask(`/events?text=${text}${more}`)).items.map(({ event }: { event: { subject: string } }) => event.subject);
  assert.deepEqual(await found("blue"), ["o-7"]);
  assert.deepEqual(await found(huge), ["o-8"]);
  assert.deepEqual(await found("ada"), []);
  assert.deepEqual(await found("ada", "&unmasked=true"), ["o-7"]);
});

test("data whose schema nobody can tell stays bytes, with why", async (t) => {
  const away = Object.assign(new Error("away"), { code: "REGISTRY_UNAVAILABLE" });
  let isAway = true;
  const { ask, publish, failure } = await world(t, (registry) => {
    const byId = async (): Promise<null> => (isAway ? Promise.reject(away) : null);
    return { ...unasked, url: registry.url, byId };
  });
  await publish(AvroOrder, { order_id: "o-1", total: "1", email: "ada@example.org", note: "fail" });
  const id = await failure();
  const shown = async () => (await ask(`/failures/${id}?unmasked=true`)).payload;
  const first = await shown();
  assert.deepEqual([first.kind, first.text], ["binary", null]);
  assert.match(first.note, /written with schema \d+, and the registry could not be asked: REGISTRY_UNAVAILABLE/);
  const { payload: hidden } = await ask(`/failures/${id}`);
  assert.deepEqual([hidden.kind, hidden.hex], ["hidden", null]);
  const edit = await ask(`/failures/${id}/edit-check`, { text: "{}" });
  assert.deepEqual([edit.code, /could not be asked/.test(edit.detail)], ["REDRIVE_EDIT_IMPOSSIBLE", true]);
  isAway = false;
  // It is asked again after a while.
  await until("the registry is asked again", async () => /does not have it/.test((await shown()).note));
});
