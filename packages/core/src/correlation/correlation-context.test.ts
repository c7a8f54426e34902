import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { currentCorrelation, runWithCorrelation } from "./correlation-context.ts";

test("there is no context outside of one", () => {
  assert.equal(currentCorrelation(), undefined);
});

test("what work awaits finds its context, and two at once do not mix", async () => {
  const seen = await Promise.all(
    ["a", "b"].map((correlationId) =>
      runWithCorrelation({ correlationId, tenantId: `tenant-${correlationId}` }, async () => {
        await setImmediate();
        return currentCorrelation();
      }),
    ),
  );
  assert.deepEqual(seen, [
    { correlationId: "a", tenantId: "tenant-a" },
    { correlationId: "b", tenantId: "tenant-b" },
  ]);
});

test("a nested context replaces the outer one while it runs, and does not inherit from it", () => {
  runWithCorrelation({ correlationId: "outer", causationId: "e1" }, () => {
    assert.deepEqual(
      runWithCorrelation({ correlationId: "inner" }, () => currentCorrelation()),
      { correlationId: "inner" },
    );
    assert.equal(currentCorrelation()?.correlationId, "outer");
  });
});
