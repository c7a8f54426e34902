import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Bring } from "./case.ts";
import { temporaryFolder } from "./shop.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const flags = ["--conditions=throughline-source", "--disable-warning=ExperimentalWarning"];

/** A program of the repository runs to its end; answers with its exit code, and what it wrote to stderr, else its last line. */
export const program =
  (file: string, env: (folder: string) => Record<string, string>, args: readonly string[] = []): Bring =>
  async () => {
    const folder = await temporaryFolder();
    try {
      return await endOf(file, args, {
        THROUGHLINE_EVENTS: `sqlite:${join(folder, "events.db")}`,
        THROUGHLINE_STORE: `sqlite:${join(folder, "{service}.db")}`,
        ...env(folder),
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  };

/** The same, with a port in use that the variable names. */
export const onPortInUse =
  (file: string, variable: string): Bring =>
  async (shop, subject) => {
    const server = createServer();
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    try {
      return await program(file, () => ({ [variable]: String(port) }))(shop, subject);
    } finally {
      server.close();
    }
  };

async function endOf(file: string, args: readonly string[], env: Record<string, string>): Promise<string> {
  const child = spawn(process.execPath, [...flags, join(root, file), ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 20_000,
    killSignal: "SIGKILL",
  });
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].setEncoding("utf8").on("data", (text: string) => void (output[name] += text));
  const code = await new Promise<number | null>((resolve, reject) => child.once("error", reject).once("close", resolve));
  return `exit ${code}: ${output.stderr.trimEnd() || (output.stdout.trimEnd().split("\n").at(-1) ?? "")}`;
}
