import { produceV9, type Writer, Writer as ProtocolWriter } from "@platformatic/kafka";
import type { Api } from "../connection/broker-link.ts";

/** What one request appends to one partition. */
export interface PartitionRecords {
  /** As the brokers know it. */
  readonly wireTopic: string;
  readonly partition: number;
  readonly batch: Buffer;
}

export interface ProducedPartition {
  readonly wireTopic: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly baseOffset: number;
  /** Places, within the batch, of the records that are to blame; empty when the brokers name none. */
  readonly badRecords: readonly { readonly index: number; readonly message: string | null }[];
}

/** Produce with acks=all, of batches that are encoded already. */
export const produce: Api<[timeoutMs: number, records: readonly PartitionRecords[]], ProducedPartition[]> = {
  key: 0,
  version: 9,

  createRequest(timeoutMs, records) {
    const topics = [...Map.groupBy(records, ({ wireTopic }) => wireTopic)];
    return ProtocolWriter.create()
      .appendString(null)
      .appendInt16(-1)
      .appendInt32(timeoutMs)
      .appendArray(topics, (w: Writer, [wireTopic, partitions]: [string, PartitionRecords[]]) => {
        w.appendString(wireTopic).appendArray(partitions, (p: Writer, { partition, batch }: PartitionRecords) => {
          p.appendInt32(partition)
            .appendUnsignedVarInt(batch.length + 1)
            .append(batch);
        });
      })
      .appendTaggedFields();
  },

  parseResponse(correlationId, key, version, reader) {
    const { responses } = parsed(() => produceV9.parseResponse(correlationId, key, version, reader));
    return responses.flatMap(({ name, partitionResponses }) =>
      partitionResponses.map((p) => ({
        wireTopic: name,
        partition: p.index,
        errorCode: p.errorCode,
        errorMessage: p.errorMessage ?? null,
        baseOffset: Number(p.baseOffset),
        badRecords: p.recordErrors.map(({ batchIndex, batchIndexErrorMessage }) => ({
          index: batchIndex,
          message: batchIndexErrorMessage ?? null,
        })),
      })),
    );
  },
};

type ProduceResponse = ReturnType<typeof produceV9.parseResponse>;

/** The library throws when a partition has an error code, and hands the response over with it. */
function parsed(parse: () => ProduceResponse): ProduceResponse {
  try {
    return parse();
  } catch (error) {
    const { response } = error as { response?: ProduceResponse };
    if (response === undefined) throw error;
    return response;
  }
}
