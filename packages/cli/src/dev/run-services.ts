import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { CliContext } from "../cli-context.ts";
import { sqliteFile } from "../adapters.ts";
import type { Colour, Paint } from "../output/colours.ts";
import type { ServiceFile } from "./find-services.ts";
import { renderLogLine } from "./log-line.ts";
import { ServiceProcess } from "./service-process.ts";
import { watchFiles } from "./watch-files.ts";
import { servicePlanVariable, tellAndStart } from "throughline/contracts";
import type { SchemaRegistry } from "throughline/seams";
import { DevelopmentContracts } from "./development-contracts.ts";

export interface RunServicesOptions {
  readonly folder: string;
  readonly services: readonly ServiceFile[];
  readonly eventsUrl: string;
  /** Holds a database for each service. */
  readonly dataFolder: string;
  readonly watch: boolean;
  readonly json: boolean;
  readonly paint: Paint;
  readonly execArgv: readonly string[];
  /** Where contracts are registered when services start; null: nowhere. */
  readonly registry: SchemaRegistry | null;
}

const serviceColours: readonly Colour[] = ["cyan", "magenta", "yellow", "green", "blue"];
const ownName = "throughline";

/** Runs services as processes of their own, with one merged log, until the context's signal aborts; then stops them all cleanly. */
export async function runServices(context: CliContext, options: RunServicesOptions): Promise<void> {
  const { services, json, paint } = options;
  const width = Math.max(ownName.length, ...services.map(({ name }) => name.length));
  const print = (service: string, colour: Colour, line: string): void => {
    context.stdout.write(`${json ? line : renderLogLine(line, { service, colour, width, paint, nowMs: context.now() })}\n`);
  };
  const say = (level: number, msg: string, service?: string): void =>
    print(service ?? ownName, "dim", JSON.stringify({ level, time: context.now(), service: service ?? ownName, msg }));

  await mkdir(options.dataFolder, { recursive: true });
  if (options.eventsUrl.startsWith("sqlite:")) await mkdir(dirname(sqliteFile(options.eventsUrl)), { recursive: true });
  const { registry } = options;
  const contracts =
    registry === null ? null : new DevelopmentContracts(registry, (level, what) => say(level === "info" ? 30 : 40, what));
  const processes = services.map((service, at) => {
    const levels = { info: 30, warn: 40, error: 50 };
    return new ServiceProcess(service, {
      env: serviceEnvironment(context, service, options),
      execArgv: options.execArgv,
      now: context.now,
      ...(contracts === null ? {} : { onPlan: (plan) => void contracts.hear(plan) }),
      onLine: (line) => print(service.name, serviceColours[at % serviceColours.length]!, line),
      say: (level, message) => say(levels[level], `${service.name} ${message}`),
    });
  });

  say(30, `running ${services.map(({ name }) => name).join(", ")} on ${options.eventsUrl}; Ctrl-C stops them`);
  for (const process of processes) process.start();
  const watcher = options.watch
    ? watchFiles(options.folder, services, (changed, file) => {
        say(30, `${file} changed: restarting ${changed.map(({ name }) => name).join(", ")}`);
        for (const process of processes) if (changed.includes(process.service)) process.restart();
      })
    : null;
  await aborted(context.signal);
  watcher?.close();
  say(30, "stopping");
  const forced = context.forceSignal;
  const killAll = (): void => {
    for (const process of processes) process.kill();
  };
  forced.addEventListener("abort", killAll, { once: true });
  await Promise.all(processes.map((process) => process.stop()));
  forced.removeEventListener("abort", killAll);
  say(30, "stopped");
}

function serviceEnvironment(context: CliContext, service: ServiceFile, options: RunServicesOptions): NodeJS.ProcessEnv {
  return {
    ...context.env,
    THROUGHLINE_EVENTS: options.eventsUrl,
    THROUGHLINE_STORE: `sqlite:${options.dataFolder}/${service.name}.db`,
    ...(options.registry === null ? {} : { [servicePlanVariable]: tellAndStart }),
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
