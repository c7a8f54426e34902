import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openKafkaLog } from "@throughline/kafka";
import { createMemoryStore, createService, defineEvent, jsonSchema } from "throughline";
import type { EventLog } from "throughline/seams";
import { type RunningKafka, startKafka } from "../../../scripts/services/kafka.ts";
import { announceOrder, orderRecord } from "./announced-order.ts";
import { testControl } from "./control-server.ts";
import { readLive } from "./live-events.ts";
import { eventRecord, SmallLog } from "./small-log.ts";

interface Item {
  readonly key: string;
  readonly timestampMs: number;
  readonly event: { readonly id: string } | null;
}

const events = 300;

let kafka: RunningKafka;
let log: EventLog;
before(async () => {
  kafka = await startKafka();
  log = await openKafkaLog(kafka.url);
});
after(async () => {
  await log.close();
  await kafka.close();
});

test(
  "events on Kafka are browsed from either end, found by their data, shown whole, and followed",
  { timeout: 300_000 },
  async (t) => {
    await using kafka = await startKafka();
    const log = await openKafkaLog(kafka.url);
    t.after(() => log.close());
    await log.createTopics([{ name: "order", partitions: 3 }]);
    const small = new SmallLog(log);
    await announceOrder(small, "create-invoice");
    const began = Date.now() - events * 1_000;
    const records = Array.from({ length: events }, (_, n) => {
      const data = `{"order_id":"o-${n}","total":${n},"customer":{"email":"ada${n}@example.org"}}`;
      return orderRecord(data, { id: `e-${n}`, subject: `o-${n}`, atMs: began + n * 1_000 });
    });
    for (const result of await log.append(records)) assert.ok(result.ok);
    await small.letter("billing", "create-invoice", "order", 0, { failedAtMs: Date.now() });
    const { get, indexer, app } = await testControl(t, log);
    await indexer.catchUp();

    for (const order of ["newest", "oldest"] as const) {
      const seen: Item[] = [];
      for (let next: string | null = ""; next !== null;) {
        const { body }: { body: { items: Item[]; next: string | null } } = await get(
          `/events?topic=order&order=${order}&limit=70${next === "" ? "" : `&cursor=${next}`}`,
        );
        seen.push(...body.items);
        next = body.next;
      }
      const ids = seen.map(({ event }) => event!.id);
      const wanted = Array.from({ length: events }, (_, n) => `e-${order === "oldest" ? n : events - 1 - n}`);
      assert.deepEqual(ids, wanted);
    }
    const found = (await get("/events?text=o-217")).body.items as Item[];
    assert.deepEqual(
      found.map(({ event }) => event!.id),
      ["e-217"],
    );
    assert.equal((await get(`/events/${found[0]!.key}`)).body.payload.masked[0], "/customer/email");
    assert.equal((await get("/events/order/0/100000")).status, 404);
    assert.equal((await get("/events/order/9/0")).status, 404);
    const { body: failure } = await get("/failures/failure-billing-0");
    assert.equal(failure.isOriginThere, true);
    assert.deepEqual(failure.gone, []);
    assert.equal((await get("/catalogue/order.completed")).body.count, events);

    const url = await app.listen({ port: 0 });
    for await (const { event, data } of readLive(`${url}/api/v1/events/live?type=order.updated`)) {
      if (event === "open") await log.append([eventRecord({ id: "live-1", type: "order.updated", atMs: Date.now() })]);
      if (event === "event") {
        assert.equal((data as Item).event!.id, "live-1");
        break;
      }
    }
  },
);

test("lines that a service ships to Kafka stand beside the flow of its event, also after the index was read again", async (t) => {
  const Shipped = defineEvent("parcel.shipped", {
    version: 1,
    subject: "id",
    data: jsonSchema<{ id: string }>({ type: "object", required: ["id"], properties: { id: { type: "string" } } }),
  });
  const store = createMemoryStore();
  const eventLog = () => openKafkaLog(kafka.url);
  const destination = { write: () => {} };
  const parcels = createService({ name: "parcels", eventLog, store, from: "earliest", log: { destination, ship: true } }).on(
    Shipped,
    "tell-customer",
    ({ data }, ctx) => ctx.log.warn({ parcel: data.id }, "told late"),
  );
  const postal = createService({ name: "postal", eventLog: log, publishes: [Shipped], log: { silent: true } });
  await using publishing = await postal.start();
  const running = await parcels.start();
  const id = await postal.publish(Shipped, { id: "p-1" }, { correlationId: "parcel-flow" });
  const { get, indexer } = await testControl(t, log);
  let items: { message: string; eventId: string }[] = [];
  while (items.length === 0) {
    await indexer.catchUp();
    items = (await get(`/flows/${id}/logs?handler=tell-customer`)).body.items ?? [];
  }
  const shown = items.map(({ message, eventId }) => [message, eventId]);
  assert.deepEqual(shown, [["told late", id]]);
  await running.close();
  await indexer.rebuild();
  const { body } = await get("/flows/parcel-flow/logs?handler=tell-customer");
  assert.deepEqual(body.items, items);
  assert.deepEqual(
    body.services.filter(({ service }: { service: string }) => service === "parcels"),
    [{ service: "parcels", ships: "yes" }],
  );
  const topic = (await log.topics()).find(({ name }) => name === "throughline.logs");
  assert.deepEqual([topic?.retentionMs, topic?.retentionBytes], [7 * 86_400_000, 1024 ** 3]);
  void publishing;
});
