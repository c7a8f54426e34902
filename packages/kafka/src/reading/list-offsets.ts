import { apis } from "../connection/apis.ts";
import type { Cluster } from "../connection/cluster.ts";

export interface ListedOffset {
  readonly partitionIndex: number;
  readonly errorCode: number;
  readonly offset: bigint;
}

interface Asker {
  readonly name: string;
  readonly partitions: readonly number[];
  resolve(offsets: ListedOffset[]): void;
  reject(error: unknown): void;
}

const readCommitted = 1;
/** Of one request. */
const topicsAtOnce = 500;
const waiting = new WeakMap<Cluster, Map<string, Asker[]>>();

/**
 * Offsets of partitions by time, from their leader. What is asked for at once, of whatever topics, is one request for each leader and
 * time: who watches all topics would else send two requests for each topic and leader.
 */
export function listOffsets(
  cluster: Cluster,
  { leader, name, partitions, timestamp }: { leader: number; name: string; partitions: readonly number[]; timestamp: bigint },
): Promise<ListedOffset[]> {
  let asking = waiting.get(cluster);
  if (asking === undefined) waiting.set(cluster, (asking = new Map<string, Asker[]>()));
  const key = `${leader}@${timestamp}`;
  let askers = asking.get(key);
  // A broker refuses a request that names a topic twice.
  if (askers === undefined || askers.length >= topicsAtOnce || askers.some((asker) => asker.name === name)) {
    const opened: Asker[] = (askers = []);
    asking.set(key, opened);
    setImmediate(() => {
      if (asking.get(key) === opened) asking.delete(key);
      void ask(cluster, { leader, timestamp, askers: opened });
    });
  }
  const joined = askers;
  return new Promise((resolve, reject) => joined.push({ name, partitions, resolve, reject }));
}

async function ask(
  cluster: Cluster,
  { leader, timestamp, askers }: { leader: number; timestamp: bigint; askers: readonly Asker[] },
): Promise<void> {
  try {
    const asked = askers.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map((partitionIndex) => ({ partitionIndex, currentLeaderEpoch: -1, timestamp })),
    }));
    const { topics } = await cluster.link(leader).call(apis.listOffsets, -1, readCommitted, asked);
    const answers = new Map(topics.map((topic) => [topic.name, topic.partitions]));
    for (const { name, resolve } of askers) resolve([...(answers.get(name) ?? [])]);
  } catch (error) {
    for (const { reject } of askers) reject(error);
  }
}
