import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { runChaos } from "./chaos/chaos-run.ts";
import { sizes } from "./sizes.ts";

const orders = Number(process.env.THROUGHLINE_CHAOS_ORDERS ?? sizes({ test: 3_000, soak: 200_000 }));
const seed = Number(process.env.THROUGHLINE_CHAOS_SEED ?? 20_261_126);
const placeForMs = sizes({ test: 50_000, soak: 12 * 60_000 });

test(
  `${orders} orders have every effect once, in order, while brokers, PostgreSQL and instances of six services are killed and stopped`,
  { timeout: placeForMs + 10 * 60_000 },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "throughline-chaos-"));
    console.log(`seed ${seed}; set THROUGHLINE_CHAOS_SEED to run another schedule`);
    let held = false;
    t.after(() => {
      if (held) rmSync(folder, { recursive: true, force: true });
      else console.log(`logs are in ${folder}`);
    });
    const hitsEach = sizes({ test: 0, soak: 50 });
    const report = await runChaos({ folder, orders, placeForMs, seed, hitsEach, print: (line) => console.log(line) });
    console.log(JSON.stringify(report));
    assert.deepEqual(
      report.checks.filter(({ ok }) => !ok),
      [],
    );
    for (const what of ["kill -9 of an instance", "kill -9 of a broker", "kill -9 of PostgreSQL"])
      assert.ok((report.blows[what] ?? 0) > 0, `there was no ${what}`);
    assert.ok(report.placedUnderBlows > 0, "no order was placed under blows");
    held = true;
  },
);
