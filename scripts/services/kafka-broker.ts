import { type ChildProcess, execFile, spawn } from "node:child_process";
import { closeSync, fstatSync, openSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { type BrokerConfig, loggingProperties, serverProperties } from "./kafka-config.ts";

const startPatienceMs = 90_000;

export interface BrokerProgram {
  readonly java: string;
  readonly jars: readonly string[];
  /** JVM options, the heap among them. */
  readonly jvmOptions: readonly string[];
}

export interface BrokerOptions extends Omit<BrokerConfig, "dataFolder"> {
  readonly program: BrokerProgram;
  /** Data, configuration and log of this broker. */
  readonly folder: string;
  readonly clusterId: string;
  /** Options of the storage tool, such as `--add-scram`. */
  readonly formatOptions: readonly string[];
  /** Goes on when this process ends. */
  readonly detached: boolean;
}

/** One broker's process, and how to end it and start it again on the same data. */
export class KafkaBroker {
  readonly #options: BrokerOptions;
  readonly #config: string;
  readonly #log: string;
  #process: ChildProcess | undefined;

  private constructor(options: BrokerOptions) {
    this.#options = options;
    this.#config = join(options.folder, "server.properties");
    this.#log = join(options.folder, "broker.log");
  }

  /** Writes the configuration and formats the storage; `start` comes next. */
  static async prepare(options: BrokerOptions): Promise<KafkaBroker> {
    const broker = new KafkaBroker(options);
    const { folder, clusterId, formatOptions, program } = options;
    const dataFolder = join(folder, "data");
    await mkdir(dataFolder, { recursive: true });
    await writeFile(broker.#config, serverProperties({ ...options, dataFolder }));
    await writeFile(join(folder, "log4j2.properties"), loggingProperties);
    const format = broker.#java("kafka.tools.StorageTool", [
      "format",
      `--cluster-id=${clusterId}`,
      "-c",
      broker.#config,
      ...formatOptions,
    ]);
    const formatted = await promisify(execFile)(program.java, format, { env: broker.#env() }).catch((error: unknown) => error);
    if (formatted instanceof Error)
      throw new Error(
        `Kafka's storage could not be formatted: ${(formatted as { stderr?: string }).stderr ?? formatted.message}`,
      );
    return broker;
  }

  get node(): number {
    return this.#options.node;
  }

  /** Where clients connect. */
  get port(): number {
    return this.#options.ports[this.#options.node - 1]?.clients as number;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  get isRunning(): boolean {
    return this.#process !== undefined && this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** @throws when no process runs. */
  get pid(): number {
    const pid = this.isRunning ? this.#process?.pid : undefined;
    if (pid === undefined) throw new Error(`broker ${this.node} does not run`);
    return pid;
  }

  /** Starts the process, and resolves when it takes connections. */
  async start(): Promise<void> {
    const output = openSync(this.#log, "a");
    const from = fstatSync(output).size;
    const { program, detached } = this.#options;
    this.#process = spawn(program.java, this.#java("kafka.Kafka", [this.#config]), {
      stdio: ["ignore", output, output],
      detached,
      env: this.#env(),
    });
    closeSync(output);
    this.#process.unref();
    await writeFile(join(this.#options.folder, "pid"), String(this.#process.pid));
    await this.#untilStarted(from);
  }

  /** Ends it cleanly: its leaderships move first. Resolves when the process is gone. */
  stop(): Promise<void> {
    return this.#end("SIGTERM");
  }

  /** kill -9. Resolves when the process is gone. */
  kill(): Promise<void> {
    return this.#end("SIGKILL");
  }

  /** Stops the process without ending it (SIGSTOP). */
  freeze(): void {
    process.kill(this.pid, "SIGSTOP");
  }

  /** Lets it run again (SIGCONT). */
  thaw(): void {
    process.kill(this.pid, "SIGCONT");
  }

  async #end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const child = this.#process;
    if (child === undefined || !this.isRunning) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.ref();
    child.kill(signal);
    await gone;
    await rm(join(this.#options.folder, "pid"), { force: true });
  }

  #java(main: string, args: readonly string[]): string[] {
    const { program, folder } = this.#options;
    const logging = `-Dlog4j2.configurationFile=${join(folder, "log4j2.properties")}`;
    return [...program.jvmOptions, logging, main, ...args];
  }

  /** Not as an option: lists of processes stay readable. */
  #env(): NodeJS.ProcessEnv {
    return { ...process.env, CLASSPATH: this.#options.program.jars.join(delimiter) };
  }

  async #untilStarted(from: number): Promise<void> {
    const deadline = performance.now() + startPatienceMs;
    while (true) {
      const log = (await readFile(this.#log, "utf8")).slice(from);
      if (log.includes("Kafka Server started")) return;
      if (!this.isRunning || performance.now() > deadline)
        throw new Error(`broker ${this.node} did not start; the end of ${this.#log} says:\n${log.slice(-3_000)}`);
      await delay(50);
    }
  }
}
