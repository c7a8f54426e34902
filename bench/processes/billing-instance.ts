import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { BenchDatabase } from "../bench-services.ts";
import type { BillingReport } from "./billing-process.ts";

export interface BillingInstanceOptions {
  /** Of the service: its instances share it. */
  readonly name: string;
  readonly topic: string;
  readonly kafkaUrl: string;
  readonly database: BenchDatabase;
  /** Options of Node that the process is started with; default: none. */
  readonly nodeOptions?: readonly string[];
  onReport(report: BillingReport): void;
}

/** One process of the billing service. */
export class BillingInstance {
  readonly #child: ChildProcess;
  /** Rejects when the process ends before it was told to. */
  readonly died: Promise<never>;

  constructor({ name, topic, kafkaUrl, database, nodeOptions = [], onReport }: BillingInstanceOptions) {
    const script = join(import.meta.dirname, "billing-process.ts");
    // Without the name that THROUGHLINE_INSTANCE may give: two of them must not share it.
    const { THROUGHLINE_INSTANCE: _, ...env } = process.env;
    this.#child = fork(script, [name, topic, kafkaUrl, database.url], {
      env,
      execArgv: [...nodeOptions],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    this.#child.on("message", (report) => onReport(report as BillingReport));
    this.died = once(this.#child, "exit").then(([code, signal]) => {
      throw new Error(`an instance of ${name} ended with ${String(code ?? signal)}`);
    });
    this.died.catch(() => undefined);
  }

  /** kill -9, now. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }

  /** Closes the service and waits for the process to end. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.send("close");
    await ended;
  }
}
