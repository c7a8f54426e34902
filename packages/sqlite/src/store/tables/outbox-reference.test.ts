import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, test } from "node:test";
import { decodeEvent } from "throughline";
import { testStore } from "../../../test/store-fixture.ts";

const page = await readFile(join(import.meta.dirname, "../../../../../docs/reference/outbox-table.md"), "utf8");
const [versionSql = "", publishSql = ""] = [...page.matchAll(/```sql\n([^]*?)```/g)].map(([, sql]) => sql);

describe("docs/reference/outbox-table.md", () => {
  test("its INSERT publishes an event that every consumer can read", async (t) => {
    const store = await testStore(t);
    const foreign = new DatabaseSync(store.file);
    t.after(() => foreign.close());
    foreign.exec(publishSql);
    const [row] = await store.unitOfWork((unit) => unit.outbox.number(10));
    assert.ok(row);
    const event = decodeEvent({ ...row, topicId: "t", partition: 0, offset: 0, timestampMs: row.createdAtMs });
    assert.deepEqual(
      [event.id, event.type, event.subject, row.topic, row.subject, row.sequence],
      [row.eventId, "order.completed", "o-4711", "order", "o-4711", 1],
    );
    assert.equal((event.data() as { total: number }).total, 1999);
  });

  test("names the version and the columns that the table has", async (t) => {
    const store = await testStore(t);
    const [version] = await store.all<{ outbox_version: number }>(versionSql);
    assert.ok(page.includes(`version ${version?.outbox_version},`));
    const columns = await store.all<{ name: string }>("SELECT name FROM pragma_table_info('throughline_outbox')");
    assert.deepEqual(
      [...page.matchAll(/^\| `(\w+)`\s+\|/gm)].map(([, name]) => name),
      columns.map(({ name }) => name),
    );
  });
});
