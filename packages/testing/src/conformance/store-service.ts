import assert from "node:assert/strict";
import { describe } from "node:test";
import { isThroughlineError, type Store } from "throughline/seams";
import { realSurroundings, storeTests } from "./store-fixture.ts";
import type { StoreUnderTest } from "./store-options.ts";

export function storeService<Tx>(underTest: StoreUnderTest<Tx>): void {
  const test = storeTests(underTest);
  const open = (store: Store<Tx>, service: string) => store.open({ service, surroundings: realSurroundings });
  const isRefused = (error: unknown) => isThroughlineError(error, "STORE_OF_ANOTHER_SERVICE");

  describe("the service", () => {
    test("is renamed when the store is opened under the name that was allowed, and then refuses the one before", async ({
      store,
      unit,
    }) => {
      assert.deepEqual(await unit((u) => u.service.formerNames()), []);
      await assert.rejects(open(store, "invoicing"), isRefused);
      await unit((u) => u.service.rename("invoicing"));
      // Until then both names do.
      await open(store, "billing");
      assert.deepEqual(await unit((u) => u.service.formerNames()), []);
      await open(store, "invoicing");
      assert.deepEqual(await unit((u) => u.service.formerNames()), ["billing"]);
      await assert.rejects(open(store, "billing"), isRefused);
      await open(store, "invoicing");
      await unit((u) => u.service.rename("billing"));
      await open(store, "billing");
      assert.deepEqual(await unit((u) => u.service.formerNames()), ["invoicing"]);
    });

    test("remembers since when each code has run", async ({ unit }) => {
      assert.equal(await unit((u) => u.service.codeSince("1.0.0 a,b")), null);
      await unit((u) => u.service.rememberCode("1.0.0 a,b", 5_000));
      await unit((u) => u.service.rememberCode("1.0.0 a,b", 6_000));
      assert.equal(await unit((u) => u.service.codeSince("1.0.0 a,b")), 5_000);
      assert.equal(await unit((u) => u.service.codeSince("1.0.0 a")), null);
    });
  });
}
