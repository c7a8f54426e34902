import type { Clock, CommittedOffset, EventLog, GroupInfo, PartitionOffsets } from "throughline/seams";
import { isThroughlineError } from "throughline/seams";

/** Where every group stands and where the topics end, as the log told it in one sample. */
export interface LogPositions {
  readonly atMs: number;
  /** The topics that exist and that some group reads. */
  readonly topics: ReadonlyMap<string, TopicEnds>;
  readonly groups: readonly GroupPositions[];
}

export interface TopicEnds {
  readonly id: string;
  /** Null: it could not be read this time. */
  readonly partitions: ReadonlyMap<number, PartitionOffsets> | null;
}

export interface GroupPositions {
  readonly info: GroupInfo;
  /** Null: they could not be read this time. */
  readonly committed: readonly CommittedOffset[] | null;
}

const topicsAtOnce = 50;
/** Of one group or topic: whoever takes longer is told of by the next sample. */
const answerWithinMs = 10_000;

/**
 * Reads where every group stands, ours or not. First what was committed, then the ends, so that no group is ahead of its topic. Offsets
 * of groups are asked for at once, which a log may answer in one request. What concerns one group or one topic and fails, fails alone.
 * @throws what the log says when it cannot be reached at all
 */
export async function readPositions(log: EventLog, clock: Clock): Promise<LogPositions> {
  const infos = await log.groups();
  const groups = await Promise.all(
    infos.map(async (info): Promise<GroupPositions> => {
      const committed = await within(clock, log.committedOffsets(info.group)).catch(() => null);
      return { info, committed };
    }),
  );
  if (groups.length > 0 && groups.every(({ committed }) => committed === null)) await log.committedOffsets(infos[0]!.group);
  const wanted = new Set(groups.flatMap(({ committed }) => (committed ?? []).map(({ topic }) => topic)));
  const existing = (await log.topics()).filter(({ name }) => wanted.has(name));
  const topics = new Map<string, TopicEnds>();
  for (let start = 0; start < existing.length; start += topicsAtOnce)
    await Promise.all(
      existing.slice(start, start + topicsAtOnce).map(async ({ name, id }) => {
        const partitions = await endsOf(log, name, clock);
        if (partitions !== "gone") topics.set(name, { id, partitions });
      }),
    );
  return { atMs: clock.now(), topics, groups };
}

async function endsOf(log: EventLog, topic: string, clock: Clock): Promise<TopicEnds["partitions"] | "gone"> {
  try {
    return new Map((await within(clock, log.offsets(topic))).map((offsets) => [offsets.partition, offsets]));
  } catch (error) {
    // Deleted since the topics were listed.
    return isThroughlineError(error, "LOG_TOPIC_UNKNOWN") ? "gone" : null;
  }
}

function within<T>(clock: Clock, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(answerWithinMs, () => reject(new Error(`no answer within ${answerWithinMs} ms`)));
    work.then(resolve, reject).finally(() => timer.cancel());
  });
}
