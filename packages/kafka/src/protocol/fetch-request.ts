import { fetchV13, type Reader, type Writer } from "@platformatic/kafka";
import type { Api } from "../connection/broker-link.ts";

export interface FetchPartition {
  readonly topicId: string;
  readonly partition: number;
  readonly offset: number;
  readonly maxBytes: number;
}

export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

export interface FetchedPartition {
  readonly topicId: string;
  readonly partition: number;
  readonly errorCode: number;
  /** The offset up to which transactions are over, so the end for those who read what is committed. */
  readonly endOffset: number;
  readonly earliestOffset: number;
  readonly aborted: readonly AbortedTransaction[];
  /** Whole record batches, and perhaps a part of one more; views into the response. */
  readonly records: Buffer;
}

export interface FetchResponse {
  readonly errorCode: number;
  readonly partitions: readonly FetchedPartition[];
}

const readCommitted = 1;
const nothing = Buffer.alloc(0);

/** Fetch without a session. The library's own reader makes objects of every record and header at once; this one leaves them bytes. */
export const fetchRecords: Api<[maxWaitMs: number, maxBytes: number, partitions: readonly FetchPartition[]], FetchResponse> = {
  key: 1,
  version: 13,

  createRequest(maxWaitMs, maxBytes, partitions): Writer {
    const topics = [...Map.groupBy(partitions, ({ topicId }) => topicId)].map(([topicId, ofTopic]) => ({
      topicId,
      partitions: ofTopic.map(({ partition, offset, maxBytes: partitionMaxBytes }) => ({
        partition,
        currentLeaderEpoch: -1,
        fetchOffset: BigInt(offset),
        lastFetchedEpoch: -1,
        partitionMaxBytes,
      })),
    }));
    return fetchV13.createRequest(maxWaitMs, 1, maxBytes, readCommitted, 0, -1, topics, [], "");
  },

  parseResponse(_correlationId, _key, _version, reader): FetchResponse {
    reader.readInt32(); // throttle time
    const errorCode = reader.readInt16();
    reader.readInt32(); // session
    const partitions: FetchedPartition[] = [];
    reader.readArray((topic) => {
      const topicId = topic.readUUID();
      topic.readArray((r) => {
        partitions.push(readPartition(topicId, r));
      });
    });
    return { errorCode, partitions };
  },
};

function readPartition(topicId: string, r: Reader): FetchedPartition {
  const partition = r.readInt32();
  const errorCode = r.readInt16();
  r.readInt64(); // high watermark
  const endOffset = Number(r.readInt64());
  const earliestOffset = Number(r.readInt64());
  const aborted = r.readNullableArray((a) => ({ producerId: a.readInt64(), firstOffset: Number(a.readInt64()) })) ?? [];
  r.readInt32(); // preferred read replica
  const length = r.readUnsignedVarInt() - 1;
  const records = length > 0 ? r.buffer.slice(r.position, r.position + length) : nothing;
  if (length > 0) r.skip(length);
  return { topicId, partition, errorCode, endOffset, earliestOffset, aborted, records };
}
