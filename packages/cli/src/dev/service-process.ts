import { spawn, type ChildProcess } from "node:child_process";
import { extname } from "node:path";
import type { ServicePlan } from "throughline/contracts";
import { eachLine } from "./lines.ts";
import { pause } from "@throughline/control/redrive";
import type { ServiceFile } from "./find-services.ts";

export interface ServiceProcessOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Options of Node itself, such as `--conditions`; NODE_OPTIONS comes with `env`. */
  readonly execArgv: readonly string[];
  readonly onLine: (line: string) => void;
  /** What it is by its code, told when it starts, where the environment asks for it. */
  readonly onPlan?: (plan: ServicePlan) => void;
  /** Something a person should know of the process. */
  readonly say: (level: "info" | "warn" | "error", message: string) => void;
  readonly now: () => number;
  /** First wait before a restart; doubles with each crash up to `mostBackoffMs`. Default 500 ms. */
  readonly backoffMs?: number;
  /** A process that is still there this long after it was told to stop is killed. Default 28 s: a service's own deadline is 25 s. */
  readonly stopTimeoutMs?: number;
}

/** From source in a checkout, built in a package. */
const endWithParent = new URL(`./end-with-parent${extname(import.meta.url)}`, import.meta.url).href;
const mostBackoffMs = 15_000;
/** A process that ran this long was well: its next crash counts as the first. */
const settledMs = 30_000;

/** Keeps one service running: starts it, starts it again when it crashes, later each time, and stops it cleanly. */
export class ServiceProcess {
  readonly service: ServiceFile;
  readonly #options: ServiceProcessOptions;
  readonly #stopping = new AbortController();
  #child: ChildProcess | null = null;
  #wake = new AbortController();
  #restartAsked = false;
  #done: Promise<void> = Promise.resolve();

  constructor(service: ServiceFile, options: ServiceProcessOptions) {
    this.service = service;
    this.#options = options;
  }

  /** The process id, while it runs. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  start(): void {
    this.#done = this.#keepRunning();
  }

  /** Settles when the service ended for good: stopped, or finished by itself and nobody asked for a restart. */
  get done(): Promise<void> {
    return this.#done;
  }

  /** Stops the process cleanly and starts it again; one that waits after a crash starts at once. */
  restart(): void {
    this.#restartAsked = true;
    this.#wake.abort();
    this.#child?.kill("SIGTERM");
  }

  /** Stops the process cleanly: SIGTERM, and SIGKILL when its time is over. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wake.abort();
    this.#child?.kill("SIGTERM");
    const killer = setTimeout(() => this.kill(), this.#options.stopTimeoutMs ?? 28_000);
    await this.#done;
    clearTimeout(killer);
  }

  /** Ends the process now. */
  kill(): void {
    this.#child?.kill("SIGKILL");
  }

  async #keepRunning(): Promise<void> {
    const { say, now, backoffMs = 500 } = this.#options;
    let crashes = 0;
    while (!this.#stopping.signal.aborted) {
      const startedAtMs = now();
      const ending = await this.#run();
      if (this.#stopping.signal.aborted) return;
      if (this.#restartAsked) {
        this.#restartAsked = false;
        crashes = 0;
        continue;
      }
      if (now() - startedAtMs > settledMs) crashes = 0;
      const delayMs = Math.min(mostBackoffMs, backoffMs * 2 ** crashes++);
      if (ending.code === 0) say("info", "finished; it is started again when its files change");
      else say("error", `${ending.said}; starting it again in ${delayMs / 1000} s`);
      this.#wake = new AbortController();
      const wake = AbortSignal.any([this.#wake.signal, this.#stopping.signal]);
      if (ending.code === 0)
        await new Promise<void>((resolve) => wake.addEventListener("abort", () => resolve(), { once: true }));
      else await pause(delayMs, wake);
      this.#restartAsked = false;
    }
  }

  /** Runs the process once; answers how it ended, when its output has been read to the end. */
  async #run(): Promise<{ code: number | null; said: string }> {
    const { env, execArgv, onLine } = this.#options;
    // A process group of its own: Ctrl-C in a terminal reaches the whole group, and each service is to be told once, by us.
    const child = spawn(process.execPath, [...execArgv, "--import", endWithParent, this.service.file], {
      env,
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      detached: process.platform !== "win32",
    });
    child.on("message", ({ throughlinePlan }: { throughlinePlan?: ServicePlan }) => {
      if (throughlinePlan !== undefined) this.#options.onPlan?.(throughlinePlan);
    });
    // The channel only tells the service that we are gone; it must not keep us alive.
    child.channel?.unref();
    this.#child = child;
    const ended = new Promise<{ code: number | null; said: string }>((resolve) => {
      child.once("error", (error) => resolve({ code: null, said: `cannot be started: ${error.message}` }));
      child.once("exit", (code, signal) =>
        resolve({ code, said: signal === null ? `crashed with exit code ${code}` : `was ended by ${signal}` }),
      );
    });
    const output = Promise.all([eachLine(child.stdout!, onLine), eachLine(child.stderr!, onLine)]);
    const ending = await ended;
    this.#child = null;
    // What it left running may hold its output open; that must not hold up its restart.
    await Promise.race([output, pause(1000, new AbortController().signal)]);
    return ending;
  }
}
