import { setTimeout as wait } from "node:timers/promises";
import { startHttpShop } from "../driver/http-shop.ts";
import { startOrderLoad } from "../driver/order-load.ts";
import type { Check, Progress } from "./check.ts";

const outageMs = 8_000;
const crashWithinMs = 20_000;

/** In the shop over HTTP, notifications' memory leak ends with nobody able to order. */
export async function checkHttpCascade({ dataDir, progress }: { dataDir: string; progress: Progress }): Promise<Check> {
  progress("starting the shop over HTTP: twelve services that call each other");
  const shop = await startHttpShop({ dataDir });
  try {
    const load = startOrderLoad({ url: shop.ordersUrl, ordersPerSecond: 10, prefix: "before", thinkMs: 1_500 });
    const crash = await Promise.race([shop.process("notifications").ended, wait(crashWithinMs, null, { ref: false })]);
    if (crash === null) await shop.process("notifications").kill();
    const crashedAtMs = Date.now();
    const atCrash = await shop.answers();
    const placedBefore = load.placed.length;
    progress(
      `notifications over HTTP ran out of memory after ${placedBefore} orders; orders keep coming for ${outageMs / 1_000} s`,
    );

    await wait(outageMs);
    await load.stop();
    const afterOutage = await shop.answers();
    const refused = load.refused.filter(({ atMs }) => atMs >= crashedAtMs);
    const failed = [...afterOutage]
      .filter(([name, now]) => now === null || now.failed > (atCrash.get(name)?.failed ?? 0))
      .map(([name]) => name);
    progress(`shop over HTTP: ${refused.length} orders refused; services that failed: ${failed.join(", ")}`);

    const actual = {
      crashedBy: crash === null ? "kill -9" : "running out of memory",
      ordersTakenBefore: placedBefore,
      ordersTakenDuring: load.placed.length - placedBefore,
      ordersRefused: refused.length,
      ofThemTimedOut: refused.filter(({ why }) => why.startsWith("no answer")).length,
      servicesFailed: failed,
      example: refused[0]?.why ?? null,
    };
    const ok = placedBefore > 0 && refused.length > 0 && failed.includes("orders") && failed.includes("billing");
    return {
      name: "http-cascade",
      expected: { ordersRefused: "> 0", servicesFailed: "at least orders and billing" },
      actual,
      ok,
    };
  } finally {
    await shop.close();
  }
}
