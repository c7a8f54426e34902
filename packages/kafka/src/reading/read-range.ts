import { coreError, type LogRecord, type ReadRange } from "throughline/seams";
import { persist } from "../connection/backoff.ts";
import { type Cluster, topicFailure } from "../connection/cluster.ts";
import { isRetriable, protocolCodes } from "../errors/index.ts";
import { type FetchedPartition, fetchRecords } from "../protocol/fetch-request.ts";
import { RecordBatches } from "../protocol/record-batches.ts";
import { boundsOf } from "./offset-bounds.ts";

const bytesPerFetch = 2 * 1024 * 1024;
/** A broker answers with one batch at least: who wants one record gets no more. */
const bytesForOne = 1;
const defaultBatchRecords = 500;

/** Reads a range of one partition; see `EventLog.read`. The next fetch is under way while a batch is being worked on. */
export async function* readRange(cluster: Cluster, range: ReadRange): AsyncGenerator<LogRecord[]> {
  const { toOffset, maxBatchRecords = defaultBatchRecords, signal } = range;
  signal?.throwIfAborted();
  let end = toOffset ?? Number.POSITIVE_INFINITY;
  let ahead: Promise<Fetched> | undefined = fetchFrom(cluster, range, range.fromOffset);
  while (ahead !== undefined) {
    const { place, offset, response }: Fetched = await ahead;
    signal?.throwIfAborted();
    // The end of now is the end of this call.
    end = Math.min(end, response.endOffset);
    const batches = new RecordBatches(place, { bytes: response.records, aborted: response.aborted, fromOffset: offset });
    const next = batches.lastOffset() + 1;
    ahead = next > offset && next < end ? fetchFrom(cluster, range, next) : undefined;
    // Whoever leaves early does not wait for it, and its failure is nobody's.
    ahead?.catch(() => undefined);
    for (let records = batches.read(maxBatchRecords, end); records.length > 0; records = batches.read(maxBatchRecords, end)) {
      yield records;
      signal?.throwIfAborted();
    }
  }
}

interface Fetched {
  readonly place: { readonly topic: string; readonly topicId: string; readonly partition: number };
  readonly offset: number;
  readonly response: FetchedPartition;
}

/** From an offset on, or from the earliest one if that is later. */
function fetchFrom(cluster: Cluster, { topic, partition, toOffset, signal }: ReadRange, fromOffset: number): Promise<Fetched> {
  let offset = Math.max(0, fromOffset);
  const maxBytes = toOffset === offset + 1 ? bytesForOne : bytesPerFetch;
  const patience = { ...cluster.patience, ...(signal === undefined ? {} : { signal }) };
  return persist(patience, async (attempt) => {
    const found = attempt === 1 ? await cluster.find(topic) : await cluster.refresh(topic);
    const leader = found?.partitions[partition]?.leader;
    if (found === null || leader === undefined)
      throw coreError("LOG_TOPIC_UNKNOWN", { topic: found === null ? topic : `${topic}/${partition}` });
    const asked = { topicId: found.id, partition, offset, maxBytes };
    const answer = await cluster.link(leader, "fetch-range").call(fetchRecords, 0, maxBytes, [asked]);
    const response = answer.partitions[0];
    const code = answer.errorCode !== 0 ? answer.errorCode : (response?.errorCode ?? -1);
    const place = { topic, topicId: found.id, partition };
    if (response !== undefined && code === protocolCodes.none) return { place, offset, response };
    if (code === protocolCodes.offsetOutOfRange) {
      const [bounds] = await boundsOf(cluster, topic, [partition]);
      const { earliest = 0, end = 0 } = bounds ?? {};
      if (response !== undefined && offset >= earliest)
        return { place, offset, response: { ...response, records: Buffer.alloc(0), endOffset: end } };
      offset = earliest;
      throw coreError("LOG_UNAVAILABLE", { what: `${topic}/${partition} begins at ${earliest} now` });
    }
    cluster.forget(topic);
    // What was known of the topic is too old, which the next attempt mends.
    if (isRetriable(code) || attempt === 1) throw coreError("LOG_UNAVAILABLE", { what: `${topic}/${partition} has moved` });
    throw topicFailure(topic, code, "read");
  });
}
