import assert from "node:assert/strict";
import { test } from "node:test";
import { testStore } from "../../../test/store-fixture.ts";

test("a lease is free as soon as its holder's process is dead", async (t) => {
  const store = await testStore(t);
  const acquire = (owner: string) => store.unitOfWork((unit) => unit.leases.acquire("relay", owner, 1_000, 9_000));
  assert.equal(await acquire("a"), true);
  assert.equal(await acquire("b"), false);
  // No process has this pid: Linux counts to 2^22.
  await store.transaction((tx) =>
    tx.run("UPDATE throughline_leases SET process = replace(process, ?, '999999999.')", `${process.pid}.`),
  );
  assert.equal(await acquire("b"), true);
  assert.equal(await acquire("a"), false);
});
