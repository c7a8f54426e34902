import { deflateRawSync, inflateRawSync } from "node:zlib";
import { controlError } from "../errors/catalogue.ts";

/** Where a scan stands in one partition. */
export interface ScanPosition {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  /** Oldest first: the next offset to look at. Newest first: the one behind it. */
  readonly at: number;
}

export type ScanOrder = "newest" | "oldest";

type Packed = [ScanOrder, [topic: string, topicId: string, [partition: number, at: number][]][]];

const mostBytes = 4 * 1024 * 1024;

/** The place of a scan in all of its partitions, as a text. */
export function packPositions(order: ScanOrder, positions: readonly ScanPosition[]): string {
  const topics = new Map<string, Packed[1][number]>();
  for (const { topic, topicId, partition, at } of positions) {
    const known = topics.get(topic);
    if (known === undefined) topics.set(topic, [topic, topicId, [[partition, at]]]);
    else known[2].push([partition, at]);
  }
  return deflateRawSync(JSON.stringify([order, [...topics.values()]] satisfies Packed)).toString("base64url");
}

/** @throws CONTROL_REQUEST_INVALID */
export function unpackPositions(order: ScanOrder, cursor: string): ScanPosition[] {
  try {
    const text = inflateRawSync(Buffer.from(cursor, "base64url"), { maxOutputLength: mostBytes }).toString();
    const [inOrder, topics] = JSON.parse(text) as Packed;
    if (inOrder !== order) throw new Error("of another order");
    return topics.flatMap(([topic, topicId, partitions]) =>
      partitions.map(([partition, at]) => {
        if (typeof topic !== "string" || typeof topicId !== "string" || ![partition, at].every(isOffset))
          throw new Error("no place");
        return { topic, topicId, partition, at };
      }),
    );
  } catch (error) {
    throw controlError("CONTROL_REQUEST_INVALID", { what: "its cursor is none of a page of this list" }, error);
  }
}

const isOffset = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
