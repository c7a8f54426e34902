import type { EventLog, TopicInfo } from "throughline/seams";
import type { PartitionRef } from "../index-store/index-batch.ts";
import type { IndexedPartition, IndexStore } from "../index-store/index-store.ts";
import { BatchBuilder } from "./batch-builder.ts";
import { contentOf, type TopicContent } from "./what-stands-in.ts";
import { WriteBehind } from "./write-behind.ts";

export interface IndexRoundOptions {
  readonly log: EventLog;
  readonly store: IndexStore;
  readonly now: () => number;
  /** Records in one transaction of the index. */
  readonly batchRecords: number;
  readonly signal: AbortSignal;
}

/** A partition that has something to read. */
interface Unread {
  readonly at: PartitionRef;
  readonly content: TopicContent;
  readonly from: number;
  readonly earliest: number;
  readonly end: number;
}

/** Ends that do not move are noted so often: that they were looked at tells that the index follows the log. */
const lookEveryMs = 5_000;
/** How many records of one partition are read before it is another's turn, so that none waits for a large one. */
const turnRecords = 20_000;

/** Reads what the log has beyond the index, up to the ends as they are now, and writes it. Answers how many records that were. */
export async function indexLog(options: IndexRoundOptions): Promise<number> {
  const { log, store } = options;
  const topics = (await log.topics()).filter(({ name }) => contentOf(name) !== null);
  const known = (await store.positions()).filter(({ isGone }) => !isGone);
  const unread = await lookAt(options, topics, known);
  const writing = new WriteBehind(store);
  try {
    return await readAll(options, unread, writing);
  } finally {
    // Whatever was in the way: nothing of this round is written once it has settled.
    await writing.end();
  }
}

async function readAll(options: IndexRoundOptions, unread: readonly Unread[], writing: WriteBehind): Promise<number> {
  const { signal } = options;
  let records = 0;
  for (let turn = unread; turn.length > 0 && !signal.aborted;) {
    const builder = { now: new BatchBuilder() };
    const rest: Unread[] = [];
    for (const partition of turn) {
      if (signal.aborted) break;
      const reached = await readTurn(options, partition, builder, writing);
      records += reached - Math.max(partition.from, partition.earliest);
      if (reached < partition.end) rest.push({ ...partition, from: reached });
    }
    if (!builder.now.isEmpty) await writing.write(builder.now.finish());
    turn = rest;
  }
  return records;
}

/** Compares the topics that are there with what is indexed: notes ends, gives up what is gone, and answers what is unread. */
async function lookAt(
  { log, store, now, batchRecords }: IndexRoundOptions,
  topics: readonly TopicInfo[],
  known: readonly IndexedPartition[],
): Promise<Unread[]> {
  const atMs = now();
  const ids = new Map(topics.map(({ name, id }) => [name, id]));
  const gone: PartitionRef[] = known.filter(({ topic, topicId }) => ids.get(topic) !== topicId);
  const positions = new Map(known.map((partition) => [`${partition.topicId}/${partition.partition}`, partition]));
  const ends: { at: PartitionRef; endOffset: number; isStale: boolean }[] = [];
  const unread: Unread[] = [];
  for (const { name: topic, id: topicId } of topics) {
    for (const { partition, earliest, end } of await log.offsets(topic)) {
      const at = { topic, topicId, partition };
      const position = positions.get(`${topicId}/${partition}`);
      const stands = position?.nextOffset ?? 0;
      // The log ends before what was read of it: it was put back, and what stands there now is something else.
      const isCut = stands > end;
      if (isCut) gone.push(at);
      const from = isCut ? 0 : stands;
      ends.push({ at, endOffset: end, isStale: isCut || Math.abs(atMs - (position?.lookedAtMs ?? 0)) >= lookEveryMs });
      if (from < end || from < earliest) unread.push({ at, content: contentOf(topic)!, from, earliest, end });
    }
  }
  await store.giveUp(gone);
  // What one batch will bring comes with its ends: an index that follows is never seen to be behind.
  const isBehind = unread.reduce((sum, { from, end }) => sum + end - from, 0) > batchRecords;
  const toNote = isBehind ? ends : ends.filter(({ isStale }) => isStale);
  if (toNote.length > 0) await store.look(toNote, atMs);
  return unread.toSorted((a, b) => rank[a.content] - rank[b.content]);
}

/** What is said of services first: what follows is judged by it. */
const rank: Readonly<Record<TopicContent, number>> = { latest: 0, audit: 1, events: 2, letters: 3, receipts: 4, logs: 5 };

async function readTurn(
  { log, now, batchRecords, signal }: IndexRoundOptions,
  { at, content, from, earliest, end }: Unread,
  builder: { now: BatchBuilder },
  writing: WriteBehind,
): Promise<number> {
  const first = Math.max(from, earliest);
  const toOffset = Math.min(Math.max(end, first), first + turnRecords);
  builder.now.begin(at, from, end, now(), first - from);
  let next = first;
  const { topic, partition } = at;
  if (first < toOffset) {
    for await (const batch of log.read({ topic, partition, fromOffset: first, toOffset, signal })) {
      for (const record of batch) {
        // Another topic under the same name: the next look finds it.
        if (record.topicId !== at.topicId) return end;
        builder.now.add(content, record);
        next = record.offset + 1;
        if (builder.now.records < batchRecords) continue;
        await writing.write(builder.now.finish());
        builder.now = new BatchBuilder();
        builder.now.begin(at, next, end, now(), 0);
      }
    }
  }
  builder.now.reach(at, toOffset);
  return toOffset;
}
