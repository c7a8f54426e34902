import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";

const main = join(import.meta.dirname, "../src/main.ts");

/** A folder in this package, so that what services import is found. */
export function projectFolder(t: TestContext): string {
  const folder = mkdtempSync(join(import.meta.dirname, "project-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a service that publishes contracts, each with an id and these properties. */
export function writeService(
  folder: string,
  name: string,
  contracts: Readonly<Record<string, Readonly<Record<string, object>>>>,
): void {
  const definitions = Object.entries(contracts).map(
    ([type, properties]) => `defineEvent<string, { id: string }>(${JSON.stringify(type)}, { version: 1, subject: "id", data: {
      type: "object", properties: ${JSON.stringify({ id: { type: "string" }, ...properties })}, required: ["id"] } })`,
  );
  const text = `import { createMemoryLog, createService, defineEvent, runUntilSignal } from "throughline";
const publishes = [${definitions.join(",\n")}];
const service = createService({ name: ${JSON.stringify(name)}, eventLog: createMemoryLog(), publishes });
process.exitCode = await runUntilSignal(service, { onStart: () => console.log("up") });
`;
  writeFileSync(join(folder, `${name}.service.ts`), text);
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line in a process of its own. */
export function startCommand(args: readonly string[], options: { cwd: string; env?: Readonly<Record<string, string>> }) {
  const { THROUGHLINE_EVENTS: _, THROUGHLINE_REGISTRY: __, ...env } = process.env;
  const child = spawn(
    process.execPath,
    ["--conditions=throughline-source", "--disable-warning=ExperimentalWarning", main, ...args],
    { cwd: options.cwd, env: { ...env, NO_COLOR: "1", ...options.env }, stdio: ["ignore", "pipe", "pipe"] },
  );
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk) => (stdout += String(chunk)));
  child.stderr.on("data", (chunk) => (stderr += String(chunk)));
  const ended = once(child, "close").then(([code]): Ended => ({ code: code as number | null, stdout, stderr }));
  return { child, ended, output: () => stdout + stderr };
}

/** `throughline registry` in a process of its own, which may be killed and started again at its place. */
export class RegistryProcess {
  readonly url: string;
  readonly #folder: string;
  readonly #port: number;
  #child: ChildProcess | null = null;

  constructor(t: TestContext, folder: string, port: number) {
    this.#folder = folder;
    this.#port = port;
    this.url = `http://127.0.0.1:${port}`;
    t.after(() => this.kill());
  }

  async start(): Promise<this> {
    const { child } = startCommand(["registry", "--port", String(this.#port), "--data", "registry", "--json"], {
      cwd: this.#folder,
    });
    this.#child = child;
    await once(createInterface({ input: child.stdout }), "line");
    return this;
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, "close");
    child.kill("SIGKILL");
    await closed;
  }

  async subjects(): Promise<string[]> {
    return (await (await fetch(`${this.url}/subjects`)).json()) as string[];
  }
}
