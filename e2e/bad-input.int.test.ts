import { after, afterEach, before, describe, it, type TestContext } from "node:test";
import { PermanentError, RetryLater } from "throughline";
import { handling, publishing, record, structured } from "./bad-input/bringing.ts";
import { type Case, check } from "./bad-input/case.ts";
import { InvoiceCreated, OrderPlaced } from "./bad-input/contracts.ts";
import { Shop } from "./bad-input/shop.ts";
import { badUtf8, goodData, numbered } from "./bad-input/wire.ts";

const twoMegabytes = "x".repeat(2 * 1024 * 1024);
const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;

const dead = (reason: Extract<Case["expect"], { dead: string }>["dead"], says: RegExp) => ({ dead: reason, says });
const refused = (error: string, says: RegExp) => ({ error, says });
const handled = { handled: true } as const;
const ignored = { ignored: true } as const;

const cases: readonly Case[] = [
  // --- records that others wrote -----------------------------------------------------------------------------------
  {
    name: "no headers at all",
    bring: record({
      ce: { specversion: null, id: null, source: null, type: null, subject: null, time: null },
      contentType: null,
    }),
    expect: dead("undecodable", /ce_specversion is missing/),
  },
  {
    name: "no specversion",
    bring: record({ ce: { specversion: null } }),
    expect: dead("undecodable", /ce_specversion is missing/),
  },
  { name: "no id", bring: record({ ce: { id: null } }), expect: dead("undecodable", /ce_id is missing/) },
  { name: "an empty id", bring: record({ ce: { id: "" } }), expect: dead("undecodable", /ce_id is empty/) },
  { name: "no source", bring: record({ ce: { source: null } }), expect: dead("undecodable", /ce_source is missing/) },
  { name: "no type", bring: record({ ce: { type: null } }), expect: dead("undecodable", /ce_type is missing/) },
  { name: "no subject", bring: record({ ce: { subject: null } }), expect: handled },
  { name: "no time", bring: record({ ce: { time: null } }), expect: handled },
  { name: "a time that is none", bring: record({ ce: { time: "yesterday" } }), expect: handled },
  { name: "no content type", bring: record({ contentType: null }), expect: handled },
  { name: "no key", bring: record({ key: null }), expect: handled },
  {
    name: "specversion 0.3",
    bring: record({ ce: { specversion: "0.3" } }),
    expect: dead("undecodable", /ce_specversion is "0.3"/),
  },
  {
    name: "an id that is not UTF-8",
    bring: record({ ce: { id: badUtf8 } }),
    expect: dead("undecodable", /ce_id is not UTF-8: byte 1 is 0xff/),
  },
  {
    name: "a type that is not UTF-8",
    bring: record({ ce: { type: badUtf8 } }),
    expect: dead("undecodable", /ce_type is not UTF-8/),
  },
  {
    name: "a subject that is not UTF-8",
    bring: record({ ce: { subject: badUtf8 } }),
    expect: dead("undecodable", /ce_subject is not UTF-8/),
  },
  { name: "a value that is not UTF-8", bring: record({ value: badUtf8 }), expect: dead("undecodable", /the value is not UTF-8/) },
  {
    name: "a value that is not JSON",
    bring: record({ value: '{"order_id": ' }),
    expect: dead("undecodable", /the value is not JSON: it ends too early/),
  },
  { name: "an empty value", bring: record({ value: "" }), expect: dead("undecodable", /the value is not JSON: it is empty/) },
  { name: "no value (a tombstone)", bring: record({ value: null }), expect: dead("invalid", /must be an object, but is null/) },
  { name: "JSON that is no object", bring: record({ value: [1] }), expect: dead("invalid", /must be an object/) },
  {
    name: "a content type that is not JSON",
    bring: record({ contentType: "text/plain" }),
    expect: dead("invalid", /must be an object/),
  },
  {
    name: "a missing field",
    bring: record({ value: { order_id: "x", tenant_id: "t", placed_at: "2026-02-03T04:05:06Z" } }),
    expect: dead("invalid", /\/total is missing/),
  },
  {
    name: "fields of the wrong type, all told at once",
    bring: record({ value: { order_id: 1, tenant_id: "t", total: "5", placed_at: "soon" } }),
    expect: dead("invalid", /\/order_id must be a string.*\/total must be an integer.*\/placed_at must be a valid date-time/),
  },
  {
    name: "a property that the contract does not know",
    bring: (shop, subject) => record({ value: { ...goodData(subject), extra: 1 } })(shop, subject),
    expect: handled,
  },
  {
    name: "a property of 100,000 arrays in each other",
    bring: (shop, subject) =>
      record({ value: `${JSON.stringify(goodData(subject)).slice(0, -1)},"extra":${deep}}` })(shop, subject),
    expect: handled,
  },
  {
    name: "a value of 100,000 arrays in each other",
    bring: record({ value: deep }),
    expect: dead("invalid", /must be an object/),
  },
  {
    name: "the same record three times",
    bring: async (shop, subject) => {
      for (let i = 0; i < 3; i++) await record({})(shop, subject);
    },
    expect: handled,
  },
  { name: "a type that nobody handles", bring: record({ ce: { type: "order.audited" } }), expect: ignored },
  { name: "structured mode with broken JSON", bring: structured("{"), expect: dead("undecodable", /the value is not JSON/) },
  {
    name: "structured mode without a type",
    bring: structured({ type: undefined }),
    expect: dead("undecodable", /type is missing/),
  },
  {
    name: "structured mode with an id that is no text",
    bring: structured({ id: ["a"] }),
    expect: dead("undecodable", /id is an array/),
  },
  {
    name: "structured mode without data",
    bring: structured({ data: undefined }),
    expect: dead("invalid", /must be an object, but is null/),
  },
  {
    name: "structured mode with half a character in subject and id",
    bring: structured({ id: "\ud800", subject: "\ud800", ...numbered("1") }),
    expect: dead("undecodable", /id is not well-formed Unicode/),
  },
  {
    name: "a batch of structured events",
    bring: record({ contentType: "application/cloudevents-batch+json", value: [] }),
    expect: dead("undecodable", /content-type is "application\/cloudevents-batch\+json"/),
  },
  {
    name: "a sequence of ours that is no number",
    bring: record({ ce: numbered("first") }),
    expect: dead("undecodable", /ce_sequence is "first"/),
  },
  {
    name: "a sequence of ours that is 0",
    bring: record({ ce: numbered("0") }),
    expect: dead("undecodable", /ce_sequence is "0"/),
  },
  {
    name: "a sequence of ours below 0",
    bring: record({ ce: numbered("-1") }),
    expect: dead("undecodable", /ce_sequence is "-1"/),
  },
  {
    name: "a sequence of ours above 2^53",
    bring: record({ ce: numbered("99999999999999999999") }),
    expect: dead("undecodable", /ce_sequence is "99999999999999999999"/),
  },
  {
    name: "a sequence epoch of ours that is no number",
    bring: record({ ce: numbered("1", { sequenceepoch: "x" }) }),
    expect: dead("undecodable", /ce_sequenceepoch is "x"/),
  },
  { name: "a sequence of somebody else's", bring: record({ ce: { sequence: "first" } }), expect: handled },
  { name: "a sequence of ours without a subject", bring: record({ ce: { subject: null, ...numbered("7") } }), expect: handled },
  { name: "a data version that is no number", bring: record({ ce: { dataversion: "one" } }), expect: handled },
  {
    name: "an older version with an upcaster",
    bring: (shop, subject) =>
      record({ ce: { type: "order.changed", dataversion: "1" }, value: { order_id: subject, amount: 3 } })(shop, subject),
    expect: handled,
  },
  {
    name: "an older version whose upcaster throws",
    bring: (shop, subject) =>
      record({ ce: { type: "order.changed", dataversion: "1" }, value: { order_id: subject } })(shop, subject),
    expect: dead("invalid", /cannot be lifted from version 1 to 2: RangeError: version 1 always had an amount/),
  },
  {
    name: "data of an older version that is no object, and an upcaster",
    bring: record({ ce: { type: "order.changed", dataversion: "1" }, value: null }),
    expect: dead("invalid", /cannot be lifted from version 1 to 2/),
  },
  {
    name: "an older version without an upcaster that does not fit",
    bring: (shop, subject) =>
      record({ ce: { type: "order.changed", dataversion: "2" }, value: { order_id: subject, total: 3 } })(shop, subject),
    expect: dead("invalid", /\/currency is missing/),
  },
  {
    name: "an older version without an upcaster that fits",
    bring: (shop, subject) =>
      record({ ce: { type: "order.changed", dataversion: "2" }, value: { order_id: subject, total: 3, currency: "EUR" } })(
        shop,
        subject,
      ),
    expect: handled,
  },

  // --- publishing --------------------------------------------------------------------------------------------------
  {
    name: "publish: wrong types, one error with a pointer for each",
    bring: publishing((data) => ({ ...data, total: "5", lines: [{ sku: 1, count: 0 }] })),
    expect: refused(
      "EVENT_INVALID",
      /\/total must be an integer, but is "5".*\/lines\/0\/sku must be a string.*\/lines\/0\/count must be at least 1/,
    ),
  },
  {
    name: "publish: a property that the contract does not know",
    bring: publishing((data) => ({ ...data, extra: 1 })),
    expect: refused("EVENT_INVALID", /\/extra is not in the contract/),
  },
  { name: "publish: no data", bring: publishing(() => undefined), expect: refused("EVENT_INVALID", /must be an object/) },
  {
    name: "publish: NaN, a Date, a bigint",
    bring: publishing((data) => ({ ...data, total: Number.NaN, placed_at: new Date(0), note: 1n })),
    expect: refused(
      "EVENT_INVALID",
      /\/total must be an integer, but is NaN.*\/placed_at must be a string, but is a Date.*\/note must be a string, but is 1n/,
    ),
  },
  {
    name: "publish: an object that turns into something else as JSON",
    bring: publishing((data) => Object.create({ toJSON: () => ({}) }, Object.getOwnPropertyDescriptors(data)) as object),
    expect: refused("EVENT_INVALID", /toJSON/),
  },
  {
    name: "publish: an empty subject",
    bring: publishing((data) => ({ ...data, order_id: "" })),
    expect: refused("EVENT_INVALID", /\/order_id must not be empty/),
  },
  {
    name: "publish: half a character as the tenant",
    bring: publishing((data) => ({ ...data, tenant_id: "\ud800" })),
    expect: refused("EVENT_INVALID", /\/tenant_id must be well-formed Unicode/),
  },
  {
    name: "publish: 2 MB",
    bring: publishing((data) => ({ ...data, note: twoMegabytes })),
    expect: refused("LOG_RECORD_TOO_LARGE", /larger than the log's limit of 1048576 bytes/),
  },
  {
    name: "publish: no options",
    bring: (shop, subject) => (shop.orders.publish as (...given: unknown[]) => Promise<string>)(OrderPlaced, goodData(subject)),
    expect: refused("TX_REQUIRED", /got undefined; pass the tx/),
  },
  {
    name: "publish: something that is no transaction",
    bring: (shop, subject) => shop.orders.publish(OrderPlaced, goodData(subject), { tx: shop.ordersStore as never }),
    expect: refused("TX_REQUIRED", /which is no transaction of this store/),
  },
  {
    name: "publish: a transaction that has ended",
    bring: async (shop, subject) =>
      shop.orders.publish(OrderPlaced, goodData(subject), { tx: await shop.ordersStore.transaction((tx) => tx) }),
    expect: refused("TX_REQUIRED", /a transaction that has ended/),
  },
  {
    name: "publish: a transaction of another store",
    bring: (shop, subject) => shop.billingStore.transaction((tx) => shop.orders.publish(OrderPlaced, goodData(subject), { tx })),
    expect: refused("TX_REQUIRED", /a transaction of another store/),
  },
  {
    name: "publish: a reading transaction",
    bring: (shop, subject) => shop.ordersStore.read((tx) => shop.orders.publish(OrderPlaced, goodData(subject), { tx })),
    expect: refused("TX_REQUIRED", /a reading transaction/),
  },
  {
    name: "publish: an empty id",
    bring: (shop, subject) => shop.orders.publish(OrderPlaced, goodData(subject), { tx: "none", id: "" }),
    expect: refused("PUBLISH_OPTIONS_INVALID", /id must/),
  },
  {
    name: "publish: an id that is no text",
    bring: (shop, subject) => shop.orders.publish(OrderPlaced, goodData(subject), { tx: "none", id: 7 as never }),
    expect: refused("PUBLISH_OPTIONS_INVALID", /id must/),
  },
  {
    name: "publish: half a character as the id",
    bring: (shop, subject) => shop.orders.publish(OrderPlaced, goodData(subject), { tx: "none", id: "\ud800" }),
    expect: refused("PUBLISH_OPTIONS_INVALID", /id must/),
  },
  {
    name: "publish: something that is no contract",
    bring: (shop, subject) => shop.orders.publish({ type: "order.placed" } as never, goodData(subject) as never, { tx: "none" }),
    expect: refused("CONTRACT_INVALID", /defineEvent/),
  },
  {
    name: "publish: the route throws after it",
    bring: (shop, subject) =>
      shop.ordersStore
        .transaction(async (tx) => {
          await shop.orders.publish(OrderPlaced, goodData(subject), { tx });
          tx.run("INSERT INTO nowhere VALUES (1)");
        })
        .catch((error: unknown) => {
          throw Object.assign(error as object, { retryable: false, code: "ROLLED_BACK" });
        }),
    expect: refused("ROLLED_BACK", /no such table: nowhere/),
  },

  // --- handlers ----------------------------------------------------------------------------------------------------
  {
    name: "handler: throws a string",
    bring: handling(() => {
      throw "a text";
    }),
    expect: dead("failed", /a value that is no Error was thrown: a text/),
  },
  {
    name: "handler: throws undefined",
    bring: handling(() => {
      throw undefined;
    }),
    expect: dead("failed", /no Error was thrown: undefined/),
  },
  {
    name: "handler: throws null",
    bring: handling(() => {
      throw null;
    }),
    expect: dead("failed", /no Error was thrown: null/),
  },
  {
    name: "handler: throws a symbol",
    bring: handling(() => {
      throw Symbol("s");
    }),
    expect: dead("failed", /no Error was thrown: Symbol\(s\)/),
  },
  {
    name: "handler: throws an object without a prototype that contains itself",
    bring: handling(() => {
      const circle = Object.create(null) as Record<string, unknown>;
      circle["in"] = circle;
      throw circle;
    }),
    expect: dead("failed", /no Error was thrown/),
  },
  {
    name: "handler: throws a frozen error",
    bring: handling(() => {
      throw Object.freeze(new Error("frozen"));
    }),
    expect: dead("failed", /frozen/),
  },
  {
    name: "handler: throws an error whose message cannot be read",
    bring: handling(() => {
      throw Object.defineProperty(new Error(), "message", {
        get: () => {
          throw new Error("no");
        },
      });
    }),
    expect: dead("failed", /cannot be read/),
  },
  {
    name: "handler: throws an error whose code cannot be read",
    bring: handling(() => {
      throw Object.defineProperty(new Error("m"), "code", {
        get: () => {
          throw new Error("no");
        },
      });
    }),
    expect: dead("failed", /cannot be read/),
  },
  {
    name: "handler: throws an error whose message is no text",
    bring: handling(() => {
      throw Object.assign(new Error(), { message: { a: 1 }, name: 5, stack: [] });
    }),
    expect: dead("failed", /./),
  },
  {
    name: "handler: throws a proxy that refuses everything",
    bring: handling(() => {
      const no = () => {
        throw new Error("no");
      };
      throw new Proxy(new Error(), { get: no, getPrototypeOf: no, has: no, ownKeys: no });
    }),
    expect: dead("failed", /cannot be read/),
  },
  {
    name: "handler: throws an error with a message of 2 MB",
    bring: handling(() => {
      throw new Error(twoMegabytes);
    }),
    expect: dead("failed", /^x{2000}…$/),
  },
  {
    name: "handler: rejects with PermanentError",
    bring: handling(() => Promise.reject(new PermanentError("never"))),
    expect: dead("permanent", /never/),
  },
  {
    name: "handler: asks for a later time that is no whole number",
    bring: handling(({ attempt }) => {
      if (attempt === 1) throw new RetryLater(1 / 3);
    }),
    expect: handled,
  },
  {
    name: "handler: a statement fails and it swallows the error",
    bring: handling(({ tx }) => {
      try {
        tx.run("INSERT INTO nowhere VALUES (1)");
      } catch {
        /* Swallowed. */
      }
    }),
    expect: dead("failed", /a statement of this handler failed \(no such table: nowhere\)/),
  },
  {
    name: "handler: a constraint is violated",
    bring: handling(({ tx }) => tx.run("INSERT INTO noted SELECT * FROM noted LIMIT 1")),
    expect: dead("failed", /UNIQUE constraint failed/),
  },
  {
    name: "handler: opens BEGIN and never commits",
    bring: handling(({ tx }) => tx.run("BEGIN")),
    expect: dead("failed", /a transaction begun inside it was not ended/),
  },
  {
    name: "handler: commits what it did not begin",
    bring: handling(({ tx }) => tx.run("COMMIT")),
    expect: dead("failed", /ends a transaction that was not begun here/),
  },
  {
    name: "handler: rolls back everything",
    bring: handling(({ tx }) => tx.run("INSERT OR ROLLBACK INTO noted SELECT * FROM noted LIMIT 1")),
    expect: dead("failed", /UNIQUE constraint failed/),
  },
  {
    name: "handler: calls service.publish",
    bring: handling((_, shop) => shop.billing.publish(InvoiceCreated, { order_id: "x", total: 1 }, { tx: "none" })),
    expect: dead(
      "failed",
      /service\.publish\("invoice\.created"\) was called inside handler "note"; use the handler's ctx\.publish/,
    ),
  },
  {
    name: "handler: publishes what does not match",
    bring: handling((context) => context.publish(InvoiceCreated, { order_id: "x" } as never)),
    expect: dead("failed", /\/total is missing/),
  },
  {
    name: "handler: publishes 2 MB",
    bring: handling((context) => context.publish(InvoiceCreated, { order_id: "x", total: 1, note: twoMegabytes })),
    expect: dead("failed", /larger than the log's limit/),
  },
  {
    name: "handler: never settles",
    bring: handling(() => new Promise(() => undefined)),
    expect: dead("failed", /did not settle within 900 ms/),
  },
];

let shop: Shop;
before(async () => {
  shop = await Shop.open();
});
afterEach(async (t) => {
  // One that failed may have left anything behind: the next one gets a shop of its own.
  if (!(t as TestContext).passed) {
    await shop.close();
    shop = await Shop.open();
  }
});
after(() => shop.close());

describe("bad input gives a clear error or a dead letter, and nothing is lost", () => {
  for (const [index, each] of cases.entries()) it(each.name, { timeout: 25_000 }, () => check(each, shop, `case-${index}`));
});
