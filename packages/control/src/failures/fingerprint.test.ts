import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bugs, pairwiseF1, plantedFailures } from "../../test/planted-bugs.ts";
import { causeOf } from "./fingerprint.ts";
import { messagePattern } from "./message-pattern.ts";
import { ownFrames } from "./own-frames.ts";

/** The same numbers for the same seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

test("10,000 failures of 50 planted bugs, over two deploys, are grouped by their bug: pairwise F1 of at least 0.98", async () => {
  assert.equal(bugs.length, 50);
  for (const seed of [1, 2, 3]) {
    const failures = await plantedFailures(10_000, seeded(seed));
    const grouped = failures.map(({ bug, service, handler, error }) => {
      const cause = causeOf({ service, handler, reason: "failed", error });
      return { truth: bug, group: cause.fingerprint, cause };
    });
    const groups = new Set(grouped.map(({ group }) => group)).size;
    const f1 = pairwiseF1(grouped);
    const split = [...Map.groupBy(grouped, ({ truth }) => truth).values()]
      .map((all) => [...new Set(all.map(({ cause }) => `${cause.pattern} | ${cause.frames.join(" < ")}`))])
      .filter((all) => all.length > 1)
      .map((all) => all.slice(0, 4).join("\n   "));
    console.log(`# seed ${seed}: ${groups} groups of ${bugs.length} bugs, pairwise F1 ${f1.toFixed(4)}`);
    assert.ok(f1 >= 0.98, `F1 ${f1}, split:\n${split.join("\n")}`);
  }
});

test("grouping nothing, or everything, is seen", async () => {
  const failures = await plantedFailures(2_000, seeded(4));
  assert.ok(pairwiseF1(failures.map(({ bug, service }) => ({ truth: bug, group: service }))) < 0.7);
  assert.ok(pairwiseF1(failures.map(({ bug, error }) => ({ truth: bug, group: error.message }))) < 0.98);
  assert.equal(pairwiseF1(failures.map(({ bug }) => ({ truth: bug, group: bug }))), 1);
});

describe("message patterns", () => {
  for (const [message, pattern] of [
    ["order o-4711 not found", "order <#> not found"],
    ["order 0191b2c4-8a5e-7c3d-9f10-aabbccddeeff not found", "order <#> not found"],
    ["took 1,203.5 ms, limit 500", "took <#> ms, limit <#>"],
    ["no value for 'blue' or \"red one\"", "no value for <value>"],
    ["Cannot read properties of undefined (reading 'total')", "Cannot read properties of undefined (reading 'total')"],
    ['column "tax_id" of relation "x" is null', 'column "tax_id" of relation "x" is null'],
    ["Key (order_id)=(o-17) exists", "Key (order_id)=(<value>) exists"],
    ["it isn't there, and it doesn't come", "it isn't there, and it doesn't come"],
    ["at 2026-07-01T12:00:00.000Z and 12:30", "at <time>"],
    ["ids 1, 2, 3 of a@b.example", "ids <#> of <email>"],
    ["", ""],
  ] as const)
    test(`${JSON.stringify(message)} is ${JSON.stringify(pattern)}`, () => assert.equal(messagePattern(message), pattern));

  test("a huge message costs little, whatever is in it", () => {
    for (const part of ["'", '"a\\', "(", "<id> ", "1.", "a-1-", "Aa ", "= (", "http://", "@a.", "Mon, "]) {
      const from = performance.now();
      messagePattern(part.repeat(200_000));
      assert.ok(performance.now() - from < 500, part);
    }
  });
});

describe("frames of the service's own code", () => {
  const frames = (...lines: string[]) => ownFrames(["Error: x", ...lines.map((line) => `    at ${line}`)].join("\n"), "x");

  test("leave out the runtime, what is installed, lines, folders and hashes of files", () => {
    assert.deepEqual(
      frames(
        "JSON.parse (<anonymous>)",
        "parse (/app/node_modules/lib/index.js:1:1)",
        "Object.charge (file:///app/releases/17/src/payments.ts:12:3)",
        "async Promise.all (index 0)",
        "async Payments.handle [as run] (C:\\app\\dist\\main.3f2a1b9c.js:1:88213)",
        "process.processTicksAndRejections (node:internal/process/task_queues:105:5)",
      ),
      ["payments:charge", "main:handle"],
    );
  });

  test("count a function that calls itself once, and know nothing of a minifier's names", () => {
    assert.deepEqual(
      frames("walk (/a/tree.js:1:1)", "walk (/a/tree.js:2:1)", "t.x (/b/chunk-XK3J9QPL.js:1:9)", "/b/other.mjs:3:4"),
      ["tree:walk", "chunk:", "other:"],
    );
  });

  test("leave out Throughline's own where it runs from its sources or is linked, and no package of the service's", () => {
    const throughRoot = (root: string, end: string) =>
      frames(
        `validate (${root}core/${end}/contract/validate.js:1:1)`,
        "Object.run (file:///shop/billing/billing.ts:28:72)",
        `HandlerRun.handle (${root}core/${end}/handling/handler-invocation.ts:120:47)`,
        `RunDeadlines.run (${root}core/${end}/handling/run-deadlines.ts:79:21)`,
        `isolate (${root}sqlite/${end}/store/scoped-tx.ts:25:10)`,
        "make (/shop/packages/core/src/invoice.ts:3:1)",
        "pay (/shop/packages/billing/src/pay.ts:3:1)",
      );
    for (const [root, end] of [
      ["file:///tmp/throughline/packages/", "src"],
      ["/home/me/throughline/packages/", "dist"],
    ] as const)
      assert.deepEqual(throughRoot(root, end), ["billing:run", "invoice:make", "pay:pay"], root);
    const installed = frames(
      "run (/app/packages/core/src/billing.js:1:1)",
      "handle (/app/packages/core/src/handling/payments.js:1:1)",
      "start (/app/node_modules/throughline/dist/handling/handler-invocation.js:1:1)",
      "run (/app/node_modules/throughline/dist/handling/run-deadlines.js:1:1)",
    );
    assert.deepEqual(installed, ["billing:run", "payments:handle"]);
  });

  test("begin below the message, which may look like a stack", () => {
    assert.deepEqual(
      ownFrames("Error: a\n    at fake (/x/y.js:1:1)\n    at real (/x/z.js:1:1)", "a\n    at fake (/x/y.js:1:1)"),
      ["z:real"],
    );
  });
});
