import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { logsTopic } from "throughline/system-topics";
import { findLogLines } from "../src/log-lines/log-line-query.ts";
import { type OpenedIndex, indexerOf } from "./index-suite.ts";
import { noonMs, SmallLog } from "./small-log.ts";

const none = { eventsMs: null, deadLettersMs: null, maxBytes: null, logsMs: null, logsMaxBytes: null };
const texts = (lines: readonly { readonly message: string }[]) => lines.map(({ message }) => message);

/** What every store of the index does with log lines. */
export function logLinesSuite(name: string, indexes: (t: TestContext) => Promise<OpenedIndex>): void {
  test(`${name}: finds lines by flow and by event, narrowed by service, handler, attempt and level, in the order of their times`, async (t) => {
    const { store } = await indexes(t);
    const log = new SmallLog();
    const of = { correlationId: "flow-1", eventId: "e-1" };
    await log.lines("billing", [
      { ...of, message: "third", atMs: noonMs + 30, handler: "invoice", attempt: 2, level: "error" },
      {
        ...of,
        message: "first",
        atMs: noonMs + 10,
        handler: "invoice",
        attempt: 1,
        level: "debug",
        fields: { total: 7 },
        rolledBack: true,
      },
      { message: "of no flow" },
    ]);
    await log.lines("orders", [
      { correlationId: "flow-1", message: "second", atMs: noonMs + 20, level: "warn", traceId: "a".repeat(32) },
      { correlationId: "flow-2", message: "of another" },
      { eventId: "e-9", message: "of an event alone" },
    ]);
    await indexerOf({ log: log.log, store }).catchUp();
    const found = async (query: object) => texts((await store.logLines({ of: { flow: "flow-1" }, limit: 10, ...query })).lines);
    assert.deepEqual(await found({}), ["first", "second", "third"]);
    assert.deepEqual(await found({ services: ["orders"] }), ["second"]);
    assert.deepEqual(await found({ services: [] }), []);
    assert.deepEqual(await found({ handler: "invoice" }), ["first", "third"]);
    assert.deepEqual(await found({ handler: "invoice", attempt: 2 }), ["third"]);
    assert.deepEqual(await found({ fromLevel: "warn" }), ["second", "third"]);
    assert.deepEqual(await found({ of: { event: "e-1" } }), ["first", "third"]);
    assert.deepEqual(await found({ of: { event: "e-9" } }), ["of an event alone"]);
    assert.deepEqual(await found({ of: { flow: "flow-3" } }), []);
    const { lines } = await store.logLines({ of: { flow: "flow-1" }, limit: 1 });
    assert.deepEqual(lines[0], {
      service: "billing",
      version: "1.0.0",
      instance: "billing-1",
      atMs: noonMs + 10,
      level: "debug",
      message: "first",
      ...of,
      handler: "invoice",
      attempt: 1,
      rolledBack: true,
      fields: { total: 7 },
    });
  });

  test(`${name}: gives lines page by page, also those of one millisecond, and finds a text in message and fields`, async (t) => {
    const { store } = await indexes(t);
    const log = new SmallLog();
    const lines = Array.from({ length: 700 }, (_, n) => ({
      correlationId: "flow-1",
      message: n % 100 === 7 ? `Charged CARD ${n}` : `line ${n}`,
      ...(n === 650 ? { fields: { where: "the card office" } } : {}),
    }));
    await log.lines("billing", lines);
    await indexerOf({ log: log.log, store }).catchUp();
    const seen: string[] = [];
    let cursor: string | null | undefined;
    for (let page = 0; cursor !== null && page < 20; page++) {
      const found = await store.logLines({ of: { flow: "flow-1" }, limit: 99, ...(cursor === undefined ? {} : { cursor }) });
      seen.push(...texts(found.lines));
      ({ cursor } = found);
    }
    assert.deepEqual(seen, texts(lines));
    const card = await findLogLines(store, { of: { flow: "flow-1" }, limit: 5 }, "card");
    assert.equal(card.lines.length, 5);
    const rest = await findLogLines(store, { of: { flow: "flow-1" }, limit: 50, cursor: card.cursor! }, "card");
    assert.deepEqual(
      [...texts(card.lines), ...texts(rest.lines)],
      [...[7, 107, 207, 307, 407, 507, 607].map((n) => `Charged CARD ${n}`), "line 650"].toSorted(
        (a, b) => seen.indexOf(a) - seen.indexOf(b),
      ),
    );
    assert.equal(rest.cursor, null);
    // A page is bounded by what its lines hold, too.
    for (let n = 0; n < 5; n++) await log.lines("billing", [{ correlationId: "large", message: `${n}${"x".repeat(900_000)}` }]);
    await indexerOf({ log: log.log, store }).catchUp();
    const large = await store.logLines({ of: { flow: "large" }, limit: 100 });
    assert.deepEqual([large.lines.length, large.cursor === null], [2, false]);
  });

  test(`${name}: removes lines by their age and by their size, the oldest first, and leaves events alone`, async (t) => {
    const { store } = await indexes(t);
    const log = new SmallLog();
    await log.event({ id: "e-1", type: "order.completed" });
    for (const [hour, message] of [
      [0, "old"],
      [1, "middle"],
      [2, "new"],
    ] as const)
      // What a line says of its own time proves nothing.
      await log.lines(
        "billing",
        [{ correlationId: "flow-1", message, atMs: noonMs - hour, fields: { text: "x".repeat(2_000) } }],
        {
          atMs: noonMs + hour * 3_600_000,
          dropped: { count: 1, fromMs: noonMs, toMs: noonMs + hour },
        },
      );
    await indexerOf({ log: log.log, store, now: () => noonMs + 3 * 3_600_000, retention: none }).catchUp();
    const left = async () => texts((await store.logLines({ of: { flow: "flow-1" }, limit: 10 })).lines).toSorted();
    const nowMs = noonMs + 3 * 3_600_000;
    assert.equal(await store.retain(none, nowMs), false);
    while (await store.retain({ ...none, logsMs: 2.5 * 3_600_000 }, nowMs));
    assert.deepEqual(await left(), ["middle", "new"]);
    assert.equal((await store.logGaps({ services: ["billing"], fromMs: 0, toMs: nowMs })).length, 2);
    while (await store.retain({ ...none, logsMaxBytes: 3_000 }, nowMs));
    assert.deepEqual(await left(), ["new"]);
    while (await store.retain({ ...none, logsMaxBytes: 0 }, nowMs));
    assert.deepEqual(await left(), []);
    assert.equal((await store.findEvents({ id: "e-1" })).length, 1);
  });

  test(`${name}: tells what instances dropped, by service and time, and reads all of it again after it was emptied`, async (t) => {
    const { store } = await indexes(t);
    const log = new SmallLog();
    await log.lines("billing", [{ correlationId: "flow-1" }], { dropped: { count: 12, fromMs: noonMs, toMs: noonMs + 500 } });
    const indexer = indexerOf({ log: log.log, store });
    await indexer.catchUp();
    const gaps = (services: string[], fromMs: number, toMs: number) => store.logGaps({ services, fromMs, toMs });
    const gap = { service: "billing", instance: "billing-1", count: 12, fromMs: noonMs, toMs: noonMs + 500 };
    for (let twice = 0; twice < 2; twice++) {
      assert.deepEqual(await gaps(["billing"], noonMs + 400, noonMs + 900), [gap]);
      assert.deepEqual(await gaps(["orders"], noonMs, noonMs + 900), []);
      assert.deepEqual(await gaps(["billing"], noonMs + 501, noonMs + 900), []);
      assert.equal((await store.logLines({ of: { flow: "flow-1" }, limit: 9 })).lines.length, 1);
      await indexer.rebuild();
    }
  });

  test(`${name}: lines that are none are counted and stop nothing; hostile texts come back as they are`, async (t) => {
    const { store } = await indexes(t);
    const log = new SmallLog();
    const hostile = "'; DROP TABLE log_line; --\u0000\ud800<script>%_\\";
    await log.lines("billing", [
      { correlationId: hostile, eventId: hostile, handler: hostile, message: hostile, fields: { [hostile]: hostile } },
    ]);
    const line = { atMs: noonMs, level: "info", message: "m" };
    const about = { service: "billing", instance: "b", version: "1", atMs: noonMs };
    const junk = [
      {},
      [],
      7,
      { ...about },
      { ...about, lines: [null] },
      { ...about, lines: [{ ...line, level: "loud" }] },
      { ...about, lines: [{ ...line, atMs: "now" }] },
      { ...about, lines: [{ ...line, fields: [] }] },
      { ...about, lines: [{ ...line, attempt: -1 }] },
      { ...about, lines: [], dropped: 5 },
      { ...about, service: 5, lines: [] },
    ];
    for (const value of junk)
      await log.append({ topic: logsTopic, key: null, value: Buffer.from(JSON.stringify(value)), headers: [] });
    await log.append(
      { topic: logsTopic, key: null, value: Buffer.from("{"), headers: [] },
      { topic: logsTopic, key: null, value: null, headers: [] },
    );
    await log.lines(
      "billing",
      [
        { correlationId: "flow-1", atMs: 1e300 },
        { correlationId: "flow-1", atMs: -0.5, attempt: 2 ** 53 - 1 },
      ],
      { atMs: noonMs },
    );
    await indexerOf({ log: log.log, store }).catchUp();
    const [position] = (await store.positions()).filter(({ topic }) => topic === logsTopic);
    assert.equal(position?.undecodable, junk.length + 2);
    const found = await store.logLines({ of: { flow: hostile }, limit: 9 });
    assert.deepEqual(
      found.lines.map(({ message, fields }) => [message, fields]),
      [[hostile, { [hostile]: hostile }]],
    );
    assert.equal((await store.logLines({ of: { event: hostile }, limit: 9, handler: hostile })).lines.length, 1);
    assert.equal((await store.logLines({ of: { flow: "flow-1" }, limit: 9 })).lines.length, 2);
  });
}
