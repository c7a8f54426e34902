import { rm } from "node:fs/promises";
import { compose, composeRuns, hasContainerEngine } from "./container-engine.ts";
import { endProcess, runsWith } from "./ended-process.ts";
import { startKafka } from "./kafka.ts";
import type { ServicePart } from "./service-part.ts";

export interface KafkaState {
  readonly how: "processes" | "containers";
  /** As `THROUGHLINE_EVENTS` has it. */
  readonly url: string;
  readonly brokers: readonly { readonly node: number; readonly address: string; readonly pid: number | null }[];
  /** Of processes: data, configuration and logs. */
  readonly folder: string | null;
}

/** Kafka for development and tests: containers where an engine runs, else its own broker from Maven Central. */
export const kafkaPart: ServicePart<KafkaState> = {
  name: "kafka",

  async up({ brokers }) {
    if (await hasContainerEngine()) return upInContainers(brokers);
    const kafka = await startKafka({ brokers, detached: true });
    return {
      how: "processes",
      url: kafka.url,
      brokers: kafka.brokers.map(({ node, address, pid }) => ({ node, address, pid })),
      folder: kafka.folder,
    };
  },

  async isUp({ how, brokers, folder }) {
    if (how === "containers") return composeRuns(brokers.length === 3 ? "kafka-1" : "kafka");
    const running = pids(brokers).map((pid) => runsWith(pid, folder ?? ""));
    return (await Promise.all(running)).every(Boolean);
  },

  async down({ how, brokers, folder }) {
    if (how === "containers") return compose([...profile(brokers.length), "down", "--volumes"]);
    if (folder === null) return;
    await Promise.all(pids(brokers).map((pid) => endProcess(pid, folder)));
    await rm(folder, { recursive: true, force: true });
  },

  describe: ({ how, url, brokers, folder }) => ({
    env: { THROUGHLINE_EVENTS: url },
    where:
      how === "containers" ? `${brokers.length} in containers` : `pids ${brokers.map(({ pid }) => pid).join(", ")}; ${folder}`,
  }),
};

/** The ports are those of `compose.yaml`. */
async function upInContainers(count: 1 | 3): Promise<KafkaState> {
  await compose([...profile(count), "up", "--detach", "--wait"]);
  const ports = count === 1 ? [9092] : [19092, 29092, 39092];
  const brokers = ports.map((port, i) => ({ node: i + 1, address: `127.0.0.1:${port}`, pid: null }));
  return { how: "containers", url: `kafka://${brokers.map(({ address }) => address).join(",")}`, brokers, folder: null };
}

function profile(brokers: number): string[] {
  return ["--profile", brokers === 3 ? "three-brokers" : "one-broker"];
}

function pids(brokers: KafkaState["brokers"]): number[] {
  return brokers.flatMap(({ pid }) => (pid === null ? [] : [pid]));
}
