import assert from "node:assert/strict";
import { test } from "node:test";
import type { Flow } from "../page/api/api-types.ts";
import { tookOf } from "../page/pages/flow/took.ts";

type Handler = Flow["events"][number]["handlers"][number];

const flow = (complete: boolean, ...handlers: Pick<Handler, "outcome" | "handledAtMs">[]) =>
  tookOf({ complete, events: [{ timestampMs: 1_000, handlers }] as unknown as Flow["events"] });

test("a flow in which something is on its way takes until now, one that broke took until its last step", () => {
  const applied = { outcome: "applied", handledAtMs: 1_400 } as const;
  const dead = { outcome: "dead", handledAtMs: 50_000 } as const;
  assert.deepEqual(flow(true, applied), { name: "Took", fromMs: 1_000, toMs: 1_400 });
  assert.deepEqual(flow(false, applied, dead), { name: "Until its last step", fromMs: 1_000, toMs: 50_000 });
  for (const outcome of ["pending", "waiting"] as const)
    assert.deepEqual(flow(false, applied, dead, { outcome, handledAtMs: null }), {
      name: "Took so far",
      fromMs: 1_000,
      toMs: null,
    });
  assert.equal(tookOf({ complete: true, events: [] }), null);
});
