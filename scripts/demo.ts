// The shop as a demo, to look at or to be checked: npm run demo -- --help
import { rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runChecks } from "../examples/shop/demo/run-checks.ts";
import { runDemo } from "../examples/shop/demo/run-demo.ts";
import { embeddedPlace, serverPlace, type ShopPlace } from "../examples/shop/driver/shop-place.ts";
import { ensurePage } from "./gate/build-page.ts";
import { startKafka } from "./services/kafka.ts";
import { startPostgres, unsynced } from "./services/postgres.ts";

const root = join(import.meta.dirname, "..");

const usage = `npm run demo               the shop on events with its console in the browser, until Ctrl-C
npm run demo -- --check    unattended: breaks and heals both shops, and reports what held
  --on sqlite|kafka        where events and stores are: in one folder (default), or on Kafka and PostgreSQL, started for it
  --help                   this text

SHOP_CONSOLE_PORT moves the console from port 4400. While the demo runs, it shows commands to try on it.`;

const values = given();
if (values.help) {
  console.log(usage);
  process.exit(0);
}
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.abort());

await using servers = values.on === "kafka" ? await startServers() : null;
const placeIn = servers?.placeIn ?? embeddedPlace;
process.exitCode = values.check ? await check() : await demo();

function demo(): Promise<number> {
  const dataDir = join(root, "data", demoFolder());
  console.log("Building the console's page, unless it is built already.");
  ensurePage();
  const port = process.env["SHOP_CONSOLE_PORT"];
  return runDemo({
    dataDir,
    place: placeIn(dataDir),
    signal: stop.signal,
    output: process.stdout,
    ...(port === undefined ? {} : { port: Number(port) }),
  });
}

/** What was asked for; what nobody knows ends the program with the usage. */
function given(): { readonly check: boolean; readonly on: string; readonly help: boolean } {
  try {
    const { values: found } = parseArgs({
      options: {
        check: { type: "boolean", default: false },
        on: { type: "string", default: "sqlite" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (!["sqlite", "kafka"].includes(found.on)) throw new Error(`--on must be sqlite or kafka, not "${found.on}"`);
    return found;
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}

async function endEarly(): Promise<void> {
  await servers?.[Symbol.asyncDispose]();
  process.exit(130);
}

/** A Kafka broker and a PostgreSQL server of the demo's own, gone when it ends. */
async function startServers(): Promise<AsyncDisposable & { placeIn: (dataDir: string) => ShopPlace }> {
  console.log("Starting Kafka and PostgreSQL; the first time their parts are fetched.");
  const [kafka, postgres] = await Promise.all([startKafka(), startPostgres({ settings: { ...unsynced, max_connections: 300 } })]);
  return {
    placeIn: (dataDir) => serverPlace({ eventsUrl: kafka.url, databaseUrl: (name) => postgres.url(name), dataDir }),
    async [Symbol.asyncDispose]() {
      await Promise.all([kafka.close(), postgres.close()]);
    },
  };
}

/** A second demo, on other ports, has its own data. */
function demoFolder(): string {
  const port = process.env["SHOP_ORDERS_PORT"];
  return port === undefined ? "demo" : `demo-${port}`;
}

async function check(): Promise<number> {
  // The shop's processes end with this one.
  stop.signal.addEventListener("abort", () => void endEarly());
  const startedAt = performance.now();
  const progress = (text: string): void =>
    console.log(`${((performance.now() - startedAt) / 1_000).toFixed(1).padStart(6)} s  ${text}`);
  // A folder of its own, so that several may run at once; what a failed run leaves there tells why.
  const dataDir = join(root, "data", `demo-check-${process.pid}`);
  const checks = await runChecks({ dataDir, progress, placeIn });
  for (const { name, ok } of checks) progress(`${ok ? "held  " : "FAILED"}  ${name}`);
  const ok = checks.every((each) => each.ok);
  if (ok) rmSync(dataDir, { recursive: true, force: true });
  else progress(`databases and logs are in ${dataDir}`);
  console.log(JSON.stringify({ ok, checks }));
  return ok ? 0 : 1;
}
