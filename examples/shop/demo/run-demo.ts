import { relative } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { startEventShop, type EventShop } from "../driver/event-shop.ts";
import { startOrderLoad } from "../driver/order-load.ts";
import { services } from "../services.ts";
import { createFigures } from "./demo-figures.ts";
import { renderLine, renderPanel } from "./demo-panel.ts";

const refreshMs = 1_000;
const lineEveryMs = 5_000;
/** An orchestrator needs a moment to see that a service died. Long enough to watch the others go on. */
const restartAfterMs = 10_000;

export interface DemoOptions {
  readonly dataDir: string;
  readonly signal: AbortSignal;
  readonly output: NodeJS.WriteStream;
}

/** Runs the shop on events with orders coming in, and shows what happens, until `signal` aborts. Answers with the exit code. */
export async function runDemo({ dataDir, signal, output }: DemoOptions): Promise<number> {
  const where = relative(process.cwd(), dataDir) || ".";
  output.write(`Starting the shop: twelve services, a process each, on one event log. Its data is in ./${where}, made anew at each start.\n`);
  const shop = await startEventShop({ dataDir, signal }).catch((error: Error) => {
    if (!signal.aborted) console.error(error.message);
    return null;
  });
  if (shop === null) return signal.aborted ? 0 : 1;

  const restarts = new Map<string, number>();
  const load = startOrderLoad({ url: shop.ordersUrl, ordersPerSecond: 2, prefix: "order" });
  try {
    const figures = createFigures({ shop, load, restarts });
    while (!signal.aborted) {
      restartTheDead(shop, restarts);
      const now = await figures.read();
      output.write(output.isTTY ? `\x1b[H\x1b[J${renderPanel(now, where, output.columns)}` : `${renderLine(now, where)}\n`);
      await wait(output.isTTY ? refreshMs : lineEveryMs, undefined, { signal }).catch(() => {});
    }
  } finally {
    output.write("\nEnding the shop …\n");
    await load.stop();
    await shop.close();
    output.write(`All twelve services ended. Their data and logs are still in ./${where}\n`);
  }
  return 0;
}

/** Starts a service again some seconds after it died, as an orchestrator would. */
function restartTheDead(shop: EventShop, restarts: Map<string, number>): void {
  for (const name of services) {
    const due = restarts.get(name);
    if (shop.process(name)?.isRunning()) continue;
    if (due === undefined) restarts.set(name, Date.now() + restartAfterMs);
    else if (Date.now() >= due) {
      restarts.delete(name);
      shop.start(name).catch((error: Error) => console.error(error.message));
    }
  }
}
