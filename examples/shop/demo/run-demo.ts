import { relative } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { busyServers, isTaken } from "../driver/busy-servers.ts";
import { startEventShop, type EventShop } from "../driver/event-shop.ts";
import { startShopConsole } from "../driver/shop-console.ts";
import { startOrderLoad } from "../driver/order-load.ts";
import { embeddedPlace, type ShopPlace } from "../driver/shop-place.ts";
import { services } from "../services.ts";
import { createFigures, type Figures } from "./demo-figures.ts";
import { type PanelPlaces, renderLine, renderPanel, renderTryNext } from "./demo-panel.ts";

const refreshMs = 1_000;
const lineEveryMs = 5_000;
/** An orchestrator needs a moment to see that a service died. Long enough to watch the others go on. */
const restartAfterMs = 10_000;
const consolePort = 4_400;

export interface DemoOptions {
  readonly dataDir: string;
  /** Default: everything in `dataDir`. */
  readonly place?: ShopPlace;
  readonly signal: AbortSignal;
  readonly output: NodeJS.WriteStream;
  /** Where the console listens, which shows the shop in a browser. Default 4400. */
  readonly port?: number;
}

/** Runs the shop on events with orders coming in, and shows what happens, until `signal` aborts. Answers with the exit code. */
export async function runDemo({
  dataDir,
  place = embeddedPlace(dataDir),
  signal,
  output,
  port = consolePort,
}: DemoOptions): Promise<number> {
  const where = relative(process.cwd(), dataDir) || ".";
  // As short as it can be typed.
  const eventsUrl = place.eventsUrl.replace(dataDir, `./${where}`);
  // Asked before anything is touched: a demo that runs already must keep its data.
  const busy = await busyServers(["orders", "returns", "mail-sink"]);
  if (await isTaken(port))
    busy.push(
      `port ${port} on 127.0.0.1, for the console, is in use; end the program that uses it (another demo?), or set SHOP_CONSOLE_PORT to a free one`,
    );
  if (busy.length > 0) {
    console.error(`The demo cannot start: ${busy.join("; ")}`);
    return 1;
  }
  output.write(
    `Starting the shop: twelve services, a process each, on one event log. Its data is in ./${where}, made anew at each start.\n`,
  );
  const shop = await startEventShop({ dataDir, place, signal }).catch((error: Error) => {
    if (!signal.aborted) console.error(error.message);
    return null;
  });
  if (shop === null) return signal.aborted ? 0 : 1;

  const page = await startShopConsole(shop, { port, signal }).catch(async (error: Error) => {
    if (!signal.aborted) console.error(error.message);
    await shop.close();
    return null;
  });
  if (page === null) return signal.aborted ? 0 : 1;

  const restarts = new Map<string, number>();
  const load = startOrderLoad({ url: shop.ordersUrl, ordersPerSecond: 2, prefix: "order" });
  try {
    const figures = createFigures({ shop, load, restarts });
    const show = output.isTTY
      ? panelOn(output, { where, eventsUrl, consoleUrl: page.url })
      : linesOn(output, eventsUrl, page.url);
    for (let next = performance.now(); !signal.aborted; next += show.everyMs) {
      restartTheDead(shop, restarts, signal);
      show.show(await figures.read());
      await wait(Math.max(0, next + show.everyMs - performance.now()), undefined, { signal }).catch(() => {});
    }
  } finally {
    output.write("\nEnding the shop …\n");
    await load.stop();
    await page.close();
    await shop.close();
    output.write(`All twelve services ended. Their data and logs are still in ./${where}\n`);
  }
  return 0;
}

/** A picture that is drawn over the last one. */
const panelOn = (output: NodeJS.WriteStream, places: PanelPlaces) => ({
  everyMs: refreshMs,
  show: (figures: Figures) => void output.write(`\x1b[H\x1b[J${renderPanel(figures, places, output)}`),
});

/** A line now and then, and once, as soon as there is an order to name, what to try. */
function linesOn(output: NodeJS.WriteStream, eventsUrl: string, consoleUrl: string) {
  output.write(`The console: ${consoleUrl}\n`);
  let hasTold = false;
  return {
    everyMs: lineEveryMs,
    show(figures: Figures) {
      output.write(`${renderLine(figures)}\n`);
      if (hasTold || figures.correlationId === null) return;
      output.write(`${renderTryNext(figures, eventsUrl)}\n`);
      hasTold = true;
    },
  };
}

/** Starts a service again some seconds after it died, as an orchestrator would. */
function restartTheDead(shop: EventShop, restarts: Map<string, number>, signal: AbortSignal): void {
  for (const name of services) {
    const due = restarts.get(name);
    if (shop.process(name)?.isRunning()) continue;
    if (due === undefined) restarts.set(name, Date.now() + restartAfterMs);
    else if (Date.now() >= due) {
      restarts.delete(name);
      shop.start(name).catch((error: Error) => signal.aborted || console.error(error.message));
    }
  }
}
