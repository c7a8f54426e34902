import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { urlOf } from "../front-door/ports.ts";
import { services, type ServiceName } from "../services.ts";
import { freePorts } from "./free-ports.ts";
import { startProcess, type ShopProcess } from "./shop-process.ts";
import { until } from "./until.ts";

/** The shop over HTTP, running. */
export interface HttpShop {
  readonly ordersUrl: string;
  process(service: ServiceName): ShopProcess;
  /** How each service's requests ended so far; null for one that does not answer. */
  answers(): Promise<Map<ServiceName, { ok: number; failed: number } | null>>;
  close(): Promise<void>;
}

const folder = fileURLToPath(new URL("../", import.meta.url));

/** Starts the mail sink and the twelve services of `before/`, and waits until all answer. */
export async function startHttpShop({ dataDir }: { dataDir: string }): Promise<HttpShop> {
  mkdirSync(dataDir, { recursive: true });
  const env = { ...(await freePorts()), SHOP_DATA: dataDir, SHOP_MAIL_SINK_FILE: join(dataDir, "mail-sink.db") };
  const logFile = (name: string): string => join(dataDir, "logs", `${name}.log`);

  const mailSink = startProcess({
    name: "mail-sink",
    main: join(folder, "mail-sink/main.ts"),
    env,
    logFile: logFile("mail-sink"),
  });
  const processes = new Map(
    services.map((name) => [
      name,
      startProcess({
        name,
        main: join(folder, "before", name, "main.ts"),
        env,
        logFile: logFile(name),
        // The container in which notifications, with its memory leak, runs.
        ...(name === "notifications" ? { heapLimitMb: 64 } : {}),
      }),
    ]),
  );
  const all = [mailSink, ...processes.values()];

  const stats = async (name: ServiceName): Promise<{ ok: number; failed: number }> => {
    const response = await fetch(`${urlOf(name, env)}/stats`, { signal: AbortSignal.timeout(2_000) });
    return (await response.json()) as { ok: number; failed: number };
  };
  const close = async (): Promise<void> => {
    await Promise.all(all.map((each) => each.stop(3_000)));
  };
  try {
    await until("all services of the shop over HTTP answer", () => Promise.all(services.map(stats)));
  } catch (error) {
    await close();
    throw error;
  }

  return {
    ordersUrl: urlOf("orders", env),
    process(service) {
      const found = processes.get(service);
      if (found === undefined) throw new Error(`the shop has no service "${service}"`);
      return found;
    },
    async answers() {
      return new Map(await Promise.all(services.map(async (name) => [name, await stats(name).catch(() => null)] as const)));
    },
    close,
  };
}
