import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endWithParent } from "./end-with-parent.ts";
import { freePorts } from "./free-ports.ts";
import { findJava } from "./java.ts";
import jars from "./kafka-jars.json" with { type: "json" };
import { KafkaBroker, type BrokerProgram } from "./kafka-broker.ts";
import type { BrokerPorts } from "./kafka-config.ts";
import { fetchJars } from "./maven-jars.ts";

export interface KafkaOptions {
  /** Default 1. Three replicate three times, with two in sync. */
  readonly brokers?: 1 | 3;
  /** What each broker's `server.properties` shall say beside, or other than, the defaults of `kafka-config.ts`. */
  readonly properties?: Readonly<Record<string, string>>;
  /** The same for each broker by itself: what depends on its ports, such as listeners. */
  readonly brokerProperties?: (node: number, ports: BrokerPorts) => Readonly<Record<string, string>>;
  /** Options of the storage tool, such as `["--add-scram", "SCRAM-SHA-256=[name=alice,password=secret]"]`. */
  readonly formatOptions?: readonly string[];
  /** Of each broker, in MiB. Default 256. */
  readonly heapMb?: number;
  /** Brokers go on when this process ends; somebody else ends them by their pids. Default false. */
  readonly detached?: boolean;
}

/** A running cluster on 127.0.0.1, with its data in a temporary folder. */
export interface RunningKafka {
  /** `127.0.0.1:port,…` of all brokers. */
  readonly bootstrapServers: string;
  /** As `THROUGHLINE_EVENTS` has it: `kafka://127.0.0.1:port,…` */
  readonly url: string;
  readonly brokers: readonly KafkaBroker[];
  readonly folder: string;
  /** What runs Kafka's command-line tools. */
  readonly program: BrokerProgram;
  /** Ends the brokers and removes their data. Idempotent. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts Kafka's own broker in KRaft mode, one or three of them, and resolves when all take connections. The jars come from Maven
 * Central, once; Java 17 or later is found on the machine.
 *
 * @example
 *   await using kafka = await startKafka({ brokers: 3 });
 *   await kafka.brokers[0]?.kill();
 */
export async function startKafka(options: KafkaOptions = {}): Promise<RunningKafka> {
  const { brokers: count = 1, heapMb = 256, detached = false, formatOptions = [] } = options;
  const [java, paths] = await Promise.all([findJava(), fetchJars(jars)]);
  const jvmOptions = [`-Xmx${heapMb}m`, "-XX:+UseSerialGC", "-Xshare:auto", "-XX:-UsePerfData"];
  const program: BrokerProgram = { java, jars: paths, jvmOptions };
  const folder = await mkdtemp(join(tmpdir(), "throughline-kafka-"));
  const free = await freePorts(2 * count);
  const ports = Array.from({ length: count }, (_, i): BrokerPorts => ({
    clients: free[2 * i] as number,
    controller: free[2 * i + 1] as number,
  }));
  const clusterId = randomBytes(16).toString("base64url");
  const started: KafkaBroker[] = [];
  const guard = detached ? undefined : endWithParent(folder);
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= (async () => {
      await Promise.all(started.map((broker) => broker.kill()));
      guard?.stop();
      await rm(folder, { recursive: true, force: true });
    })();
    return closing;
  };
  try {
    const prepared = ports.map((own, i) =>
      KafkaBroker.prepare({
        node: i + 1,
        ports,
        properties: { ...options.properties, ...options.brokerProperties?.(i + 1, own) },
        program,
        folder: join(folder, `broker-${i + 1}`),
        clusterId,
        formatOptions,
        detached,
      }),
    );
    started.push(...(await Promise.all(prepared)));
    await Promise.all(started.map((broker) => broker.start()));
  } catch (error) {
    await close();
    throw error;
  }
  const bootstrapServers = started.map((broker) => broker.address).join(",");
  return {
    bootstrapServers,
    url: `kafka://${bootstrapServers}`,
    brokers: started,
    folder,
    program,
    close,
    [Symbol.asyncDispose]: close,
  };
}
