import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { indexerOf } from "../../../test/index-suite.ts";
import { noonMs, SmallLog } from "../../../test/small-log.ts";
import type { FailureQuery } from "../../failures/indexed-failure.ts";
import { failuresInSteps } from "./failure-queries.ts";
import { openSqliteIndex } from "./open-sqlite-index.ts";

test("failures that are looked for in steps are those that are found at once, on pages of any size", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "steps-"));
  const file = join(folder, "index.db");
  const store = openSqliteIndex(file);
  const log = new SmallLog();
  for (let n = 0; n < 60; n += 1) {
    const at = await log.event({ id: `e-${n}`, type: "order.completed", tenantId: n % 3 === 0 ? "t-1" : null });
    // Many die in the same millisecond.
    await log.letter(n % 20 === 7 ? "mailer" : "billing", "handle", "order", at, { failedAtMs: noonMs + Math.floor(n / 9) });
  }
  await indexerOf({ log: log.log, store }).catchUp();
  const db = new DatabaseSync(file, { readOnly: true });
  t.after(async () => {
    db.close();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const all = async (query: FailureQuery, most: number): Promise<string[]> => {
    const found: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = await failuresInSteps(db, { ...query, ...(cursor === undefined ? {} : { cursor }) }, most);
      found.push(...page.failures.map(({ failureId }) => failureId));
      assert.ok(page.failures.length <= (query.limit ?? 100));
      ({ cursor } = page);
    }
    return found;
  };
  const queries: FailureQuery[] = [
    {},
    { service: "mailer" },
    { service: "nobody" },
    { tenantId: "t-1" },
    { text: "no 5" },
    { sinceMs: noonMs + 2, untilMs: noonMs + 5 },
  ];
  for (const query of queries) {
    const expected = await all({ ...query, limit: 1_000 }, 1_000);
    assert.equal(new Set(expected).size, expected.length);
    for (const limit of [1, 4, 1_000])
      for (const most of [1, 7, 60])
        assert.deepEqual(await all({ ...query, limit }, most), expected, JSON.stringify({ query, limit, most }));
  }
  assert.deepEqual((await all({}, 7)).length, 60);
  assert.deepEqual((await all({ service: "mailer" }, 7)).length, 3);
});
