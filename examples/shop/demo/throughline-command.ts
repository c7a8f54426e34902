import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { EventShop } from "../driver/event-shop.ts";

const cli = fileURLToPath(new URL("../../../packages/cli/src/main.ts", import.meta.url));

export interface CommandOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `throughline …` against the shop's event log, as somebody on call would. */
export function throughlineCommand(shop: EventShop, args: readonly string[]): Promise<CommandOutcome> {
  const options = { env: { ...process.env, ...shop.env }, timeout: 60_000, maxBuffer: 64 * 1024 * 1024 };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ["--conditions=throughline-source", "--disable-warning=ExperimentalWarning", cli, ...args],
      options,
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === "number" ? error.code : 1;
        resolve({ code, stdout, stderr });
      },
    );
  });
}
