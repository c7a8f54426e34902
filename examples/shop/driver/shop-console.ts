import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { EventShop } from "./event-shop.ts";
import { startProcess, type ShopProcess } from "./shop-process.ts";
import { until } from "./until.ts";

const cli = fileURLToPath(new URL("../../../packages/cli/src/main.ts", import.meta.url));

export interface ShopConsole {
  /** `http://127.0.0.1:4400` */
  readonly url: string;
  readonly process: ShopProcess;
  close(): Promise<void>;
}

export interface ShopConsoleOptions {
  readonly port: number;
  /** More of the command's options. */
  readonly args?: readonly string[];
  readonly signal?: AbortSignal;
}

/** Starts `throughline console` on the shop's log, and waits until it answers. The page is there if it is built. */
export async function startShopConsole(
  { dataDir, env }: Pick<EventShop, "dataDir" | "env">,
  { port, args = [], signal }: ShopConsoleOptions,
): Promise<ShopConsole> {
  const url = `http://127.0.0.1:${port}`;
  const logFile = join(dataDir, "logs", "console.log");
  const started = startProcess({
    name: "console",
    main: cli,
    args: ["console", "--port", String(port), "--data", join(dataDir, "control"), ...args],
    env,
    logFile,
  });
  const answers = async (): Promise<true | "ended"> => {
    if (!started.isRunning()) return "ended";
    // What it answers to everybody, logged in or not.
    return (await fetch(`${url}/api/v1/session`)).ok || Promise.reject(new Error("not yet"));
  };
  const outcome = await until(`the console answers (see ${logFile})`, answers, { signal, everyMs: 200, timeoutMs: 60_000 });
  if (outcome === "ended") throw new Error(`the console ended while it started; ${logFile} tells why`);
  return {
    url,
    process: started,
    close: async () => {
      await started.stop();
    },
  };
}
