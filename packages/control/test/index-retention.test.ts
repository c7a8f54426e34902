import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openSqliteIndex } from "../src/index-store/sqlite/open-sqlite-index.ts";
import { createIndexer } from "../src/indexing/indexer.ts";
import { contentOfIndex } from "./content-of-index.ts";
import { correlationOf, longLog, topicsOfAFlow } from "./long-log.ts";
import { noonMs } from "./small-log.ts";

const flows = 5_000;

test("retention by size removes the oldest events and their receipts in bounded steps, and what is left is whole", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "retention-"));
  const file = join(folder, "index.db");
  const store = openSqliteIndex(file);
  t.after(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const nowMs = noonMs + flows;
  const none = { eventsMs: null, deadLettersMs: null, maxBytes: null, logsMs: null, logsMaxBytes: null };
  await createIndexer({ log: longLog(flows), store, now: () => nowMs, retention: none }).catchUp();
  const before = contentOfIndex(file);
  assert.equal(await store.retain(none, nowMs), false);

  let steps = 0;
  while (await store.retain({ ...none, maxBytes: 1 }, nowMs)) steps += 1;
  const kept = contentOfIndex(file);
  assert.ok(steps > 20, `${steps} steps`);
  assert.equal(before.events.length, flows * topicsOfAFlow);
  // The segment that is being written stays.
  assert.ok(kept.events.length > 0 && kept.events.length <= 40_000, `${kept.events.length} events`);
  assert.ok(kept.ranges.length < before.ranges.length / 2, `${kept.ranges.length} of ${before.ranges.length} ranges`);
  const all = new Set(before.events);
  assert.ok(kept.events.every((event) => all.has(event)));
  assert.deepEqual(kept.positions, before.positions);
  assert.ok((await store.findEvents({ flow: correlationOf(0) })).length < topicsOfAFlow);

  while (await store.retain({ ...none, eventsMs: 1 }, nowMs + 1_000_000));
  assert.equal(contentOfIndex(file).events.length, kept.events.length);
});
