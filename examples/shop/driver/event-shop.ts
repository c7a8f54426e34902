import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { EventLog } from "throughline";
import { servicesTopic } from "throughline/system-topics";
import { urlOf } from "../front-door/ports.ts";
import { type ServiceName, services as allServices } from "../services.ts";
import { endsOf, readAnnouncements } from "./log-reading.ts";
import type { ServiceDatabases } from "./service-databases.ts";
import { embeddedPlace, type ShopPlace } from "./shop-place.ts";
import { startProcess, type ShopProcess } from "./shop-process.ts";
import { until } from "./until.ts";

/** The shop on events, running. Any service can be killed, stopped and started on its own. */
export interface EventShop {
  readonly dataDir: string;
  readonly ordersUrl: string;
  readonly returnsUrl: string;
  readonly mailSinkUrl: string;
  /** What the services run with; `THROUGHLINE_EVENTS` names the log. */
  readonly env: Readonly<Record<string, string>>;
  readonly log: EventLog;
  readonly databases: ServiceDatabases;
  /** The process that was started last; undefined for a service that never was. */
  process(service: string): ShopProcess | undefined;
  logFile(service: string): string;
  /** Starts a service, as an orchestrator would, and settles when it has announced itself. */
  start(service: string, options?: { main?: string; env?: Record<string, string> }): Promise<void>;
  close(): Promise<void>;
}

export interface EventShopOptions {
  /** Is made anew: logs, and whatever has no other place. */
  readonly dataDir: string;
  /** Default: everything in `dataDir`. */
  readonly place?: ShopPlace;
  readonly env?: Readonly<Record<string, string>>;
  /** Default: all twelve. */
  readonly services?: readonly ServiceName[];
  /** Ends the start; a shop that runs already is ended by `close`. */
  readonly signal?: AbortSignal;
}

/** The service of demo/new-service/, which starts when the others have run for a while. */
const latecomer = "customer-value";
const folder = fileURLToPath(new URL("../", import.meta.url));

/** Starts the mail sink and the services of `after/` on a new data folder, and waits until all are running. */
export async function startEventShop({
  dataDir,
  place = embeddedPlace(dataDir),
  env: given = {},
  services = allServices,
  signal,
}: EventShopOptions): Promise<EventShop> {
  await place.prepare([...services, latecomer]);
  const env: Record<string, string> = {
    ...given,
    THROUGHLINE_EVENTS: place.eventsUrl,
    THROUGHLINE_STORE: place.storeUrl,
    SHOP_MAIL_SINK_FILE: join(dataDir, "mail-sink.db"),
  };
  const log = await place.openLog();
  const databases = place.openDatabases();
  const processes = new Map<string, ShopProcess>();
  const logFile = (name: string): string => join(dataDir, "logs", `${name}.log`);
  const run = (name: string, main: string, extraEnv: Record<string, string> = {}): ShopProcess => {
    const started = startProcess({ name, main, env: { ...env, ...extraEnv }, logFile: logFile(name) });
    processes.set(name, started);
    return started;
  };

  async function start(service: string, options: { main?: string; env?: Record<string, string> } = {}): Promise<void> {
    const startedAtMs = Date.now();
    const announced = await endsOf(log, servicesTopic);
    const started = run(service, options.main ?? join(folder, "after", service, "main.ts"), options.env);
    const isUp = async (): Promise<boolean | "ended"> => {
      if (!started.isRunning()) return "ended";
      const said = await readAnnouncements(log, announced);
      return said.some((each) => each.service === service && each.state === "running" && each.startedAtMs >= startedAtMs);
    };
    const outcome = await until(`${service} is running (see ${logFile(service)})`, isUp, {
      signal,
      everyMs: 100,
      timeoutMs: 60_000,
    });
    if (outcome === "ended")
      throw new Error(`${service} ended while it started: ${lastLine(logFile(service))} (all of it is in ${logFile(service)})`);
  }

  async function close(): Promise<void> {
    await Promise.all([...processes.values()].map((each) => each.stop()));
    await databases.close();
    await log.close();
  }

  try {
    run("mail-sink", join(folder, "mail-sink/main.ts"));
    await until("the mail sink answers", async () => (await fetch(`${urlOf("mail-sink", env)}/stats`)).ok, { signal });
    await Promise.all(services.map((service) => start(service)));
  } catch (error) {
    await close();
    throw error;
  }

  return {
    dataDir,
    ordersUrl: urlOf("orders", env),
    returnsUrl: urlOf("returns", env),
    mailSinkUrl: urlOf("mail-sink", env),
    env,
    log,
    databases,
    process: (service) => processes.get(service),
    logFile,
    start,
    close,
  };
}

const lastLine = (file: string): string => readFileSync(file, "utf8").trimEnd().split("\n").at(-1) || "it said nothing";
