import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { systemSurroundings } from "throughline";
import { sqlite } from "../src/index.ts";
import { testFolder, testStore } from "./store-fixture.ts";

test("opened as it is found, a store that is to be another service's stays as it is, and one that is missing is not made", async (t) => {
  const store = await testStore(t);
  await store.unitOfWork((unit) => unit.service.rename("invoicing"));
  const found = sqlite({ file: store.file, tables: "CREATE TABLE more (id TEXT)" });
  t.after(() => found.close());
  await found.open({ service: "invoicing", surroundings: systemSurroundings, asFound: true });
  assert.equal((await found.get<{ name: string }>("SELECT name FROM throughline_service"))?.name, "billing");
  assert.equal(await found.get("SELECT 1 FROM sqlite_schema WHERE name = 'more'"), undefined);
  const file = join(await testFolder(t), "none.db");
  const missing = sqlite(file);
  await assert.rejects(missing.open({ service: "billing", surroundings: systemSurroundings, asFound: true }), {
    code: "STORE_NOT_MIGRATED",
  });
  assert.equal(existsSync(file), false);
});
