import type { HandlerState } from "../handling/handler-state.ts";
import { cursorProblem } from "../handling/start-cursors.ts";
import type { EventLog, PartitionOffsets, TopicInfo } from "../seams/event-log.ts";
import type { CursorRow, Run, UnitOfWork } from "../seams/store.ts";

/**
 * Lets a handler go on that stopped because records it had not read are gone: its cursors are set to where the log goes on, and
 * its subjects need not follow what they had last. Answers what was given up, a sentence for each partition or topic; empty
 * when nothing was lost.
 */
export async function acceptLoss<Tx>(log: EventLog, unit: UnitOfWork<Tx>, handler: HandlerState<Tx>): Promise<string[]> {
  // Read now: another instance may have begun a rebuild.
  const { liveEpoch } = (await unit.handlers.all()).find(({ id }) => id === handler.id) ?? handler.row;
  const run: Run = { handlerId: handler.id, epoch: liveEpoch };
  const topics = (await log.topics()).filter(({ name }) => handler.spec.streams.includes(name));
  const accepted: string[] = [];
  for (const topic of topics) {
    const cursors = (await unit.cursors.list(run)).filter((cursor) => cursor.topic === topic.name);
    const offsets = await log.offsets(topic.name);
    const isAnother = cursors.length > 0 && cursors.every(({ topicId }) => topicId !== topic.id);
    const given = isAnother
      ? await beginAnew(unit, topic, cursors, offsets)
      : await skipLost(unit, handler.spec.name, cursors, offsets);
    if (given.length > 0) await unit.positions.reopen(run, topic.name);
    accepted.push(...given);
  }
  return accepted;
}

/** The topic is another one than the cursors are of: all of it is read, and its subjects began in the former one. */
async function beginAnew(
  unit: UnitOfWork<unknown>,
  topic: TopicInfo,
  cursors: readonly CursorRow[],
  offsets: readonly PartitionOffsets[],
): Promise<string[]> {
  for (const cursor of cursors) await unit.cursors.remove(cursor, cursor.offset);
  const { handlerId, epoch } = cursors[0]!;
  const started = offsets.map(({ partition, earliest: offset }) => {
    const place = { topic: topic.name, topicId: topic.id, partition, untilOffset: null, logTimeMs: 0 };
    return { ...startingAt({ handlerId, epoch, ...place }, offset), originOffset: -1 };
  });
  await unit.cursors.add(started);
  const records = offsets.reduce((sum, { earliest, end }) => sum + end - earliest, 0);
  return [
    `what was not read of the former topic "${topic.name}" is given up; the new one is read from its beginning, ${records} records`,
  ];
}

async function skipLost(
  unit: UnitOfWork<unknown>,
  reader: string,
  cursors: readonly CursorRow[],
  offsets: readonly PartitionOffsets[],
): Promise<string[]> {
  const accepted: string[] = [];
  for (const cursor of cursors) {
    const bounds = offsets.find(({ partition }) => partition === cursor.partition);
    const problem = cursorProblem({ name: reader }, cursor, offsets);
    if (bounds === undefined || problem === null) continue;
    const isBeyond = problem.kind === "beyond-end";
    const to = isBeyond ? bounds.end : bounds.earliest;
    if (!(await unit.cursors.remove(cursor, cursor.offset))) continue;
    await unit.cursors.add([startingAt({ ...cursor, logTimeMs: isBeyond ? 0 : cursor.logTimeMs }, to)]);
    const place = `${cursor.topic}/${cursor.partition}`;
    accepted.push(
      isBeyond
        ? `${cursor.offset - to} offsets of ${place} that the log no longer has are given up; it goes on at ${to}`
        : `${to - cursor.offset} records of ${place} that it never read are given up; it goes on at ${to}`,
    );
  }
  return accepted;
}

/** As if the run had begun there. */
function startingAt(cursor: Omit<CursorRow, "offset" | "originOffset" | "reportedOffset">, offset: number): CursorRow {
  return { ...cursor, offset, originOffset: offset, reportedOffset: offset };
}
