import type { EventLog, TopicInfo } from "../seams/event-log.ts";
import type { CursorRow, Run, UnitOfWork } from "../seams/store.ts";
import type { StartPosition } from "../service/handler.ts";

/** A handler that reads a topic, and where it begins when it has never done so. */
export interface TopicReader {
  readonly name: string;
  readonly run: Run;
  readonly from: StartPosition | undefined;
  /** Where the topic was deleted and created again, it is read from its beginning; others stop, for something may be missing. */
  readonly acceptsRecreated?: boolean;
}

export type StartProblem =
  | { readonly kind: "nowhere-to-start"; readonly reader: string; readonly topic: string }
  | { readonly kind: "no-group-offsets"; readonly reader: string; readonly topic: string }
  | { readonly kind: "topic-recreated"; readonly reader: string; readonly topic: string }
  | {
      readonly kind: "beyond-end";
      readonly reader: string;
      readonly topic: string;
      readonly partition: number;
      readonly offset: number;
      readonly end: number;
    }
  | {
      readonly kind: "records-lost";
      readonly reader: string;
      readonly topic: string;
      readonly partition: number;
      readonly count: number;
    };

/** A start problem as a sentence that says what to do. */
export function describeStartProblem(problem: StartProblem, service: string): string {
  const goOn = `to go on without them: throughline accept-loss ${service} ${problem.reader}`;
  switch (problem.kind) {
    case "nowhere-to-start":
      return `handler "${problem.reader}" has never read topic "${problem.topic}" and does not say where to begin; give it or the service a "from": "earliest", "latest", "group" or { timeMs }`;
    case "no-group-offsets":
      return `handler "${problem.reader}" is to begin where its consumer group stands, and the group has no offset on topic "${problem.topic}"; choose another "from"`;
    case "topic-recreated":
      return `topic "${problem.topic}" was deleted and created again: handler "${problem.reader}" has not moved, so that events of the former one that it never read are not skipped silently; ${goOn}`;
    case "beyond-end":
      return `handler "${problem.reader}" stands at offset ${problem.offset} of ${problem.topic}/${problem.partition}, and the log ends at ${problem.end}: the log has lost records, or is another one; ${goOn}`;
    case "records-lost":
      return `${problem.count} records of ${problem.topic}/${problem.partition} were removed by retention before handler "${problem.reader}" read them; ${goOn}`;
  }
}

/**
 * Whether a run sees a topic from its beginning. All partitions count: where one is added, subjects move to it in the middle of
 * their history.
 */
export function seesWhole(cursors: readonly CursorRow[], topic: string): boolean {
  return cursors.every((cursor) => cursor.topic !== topic || cursor.originOffset === 0);
}

/**
 * Finds the cursors of readers on a topic, and makes those that are missing: for a reader that is new to the topic, `from` is
 * resolved once, for all partitions; a partition added later is read from 0. What cannot be decided is a problem, and that
 * reader gets no cursors.
 */
export async function startCursors(
  log: EventLog,
  unit: UnitOfWork<unknown>,
  group: string,
  topic: TopicInfo,
  readers: readonly TopicReader[],
): Promise<{ cursors: Map<string, CursorRow[]>; problems: StartProblem[] }> {
  const lists: (readonly [TopicReader, CursorRow[]])[] = [];
  for (const reader of readers) {
    const ofRun = await unit.cursors.list(reader.run);
    lists.push([reader, ofRun.filter((cursor) => cursor.topic === topic.name)]);
  }
  // Asked after the cursors were read: another instance may be moving them along with the end of the log.
  const offsets = await log.offsets(topic.name);
  const cursors = new Map<string, CursorRow[]>();
  const problems: StartProblem[] = [];
  for (const [reader, known] of lists) {
    const here = known.filter((cursor) => cursor.topicId === topic.id);
    const isRecreated = known.length > 0 && here.length === 0;
    if (isRecreated && reader.acceptsRecreated !== true) {
      problems.push({ kind: "topic-recreated", reader: reader.name, topic: topic.name });
      continue;
    }
    const starts =
      here.length > 0 || isRecreated
        ? new Map<number, number>()
        : await resolveStart(log, group, topic, reader, offsets, problems);
    if (starts === null) continue;
    const present = new Set(here.map((cursor) => cursor.partition));
    const added = offsets
      .filter(({ partition }) => !present.has(partition))
      .map(({ partition }): CursorRow => {
        const offset = starts.get(partition) ?? 0;
        return {
          ...reader.run,
          topic: topic.name,
          topicId: topic.id,
          partition,
          offset,
          originOffset: offset,
          untilOffset: null,
          logTimeMs: 0,
          reportedOffset: offset,
        };
      });
    if (added.length > 0) await unit.cursors.add(added);
    const all = [...here, ...added];
    const found = all.map((cursor) => cursorProblem(reader, cursor, offsets)).filter((problem) => problem !== null);
    problems.push(...found);
    if (found.length === 0) cursors.set(reader.name, all);
  }
  return { cursors, problems };
}

async function resolveStart(
  log: EventLog,
  group: string,
  topic: TopicInfo,
  reader: TopicReader,
  offsets: readonly { partition: number; earliest: number; end: number }[],
  problems: StartProblem[],
): Promise<Map<number, number> | null> {
  const { from } = reader;
  if (from === undefined) {
    problems.push({ kind: "nowhere-to-start", reader: reader.name, topic: topic.name });
    return null;
  }
  if (from === "earliest") return new Map(offsets.map(({ partition, earliest }) => [partition, earliest]));
  if (from === "latest") return new Map(offsets.map(({ partition, end }) => [partition, end]));
  if (from === "group") {
    const committed = (await log.committedOffsets(group)).filter((offset) => offset.topic === topic.name);
    if (committed.length > 0) return new Map(committed.map(({ partition, offset }) => [partition, offset]));
    problems.push({ kind: "no-group-offsets", reader: reader.name, topic: topic.name });
    return null;
  }
  return new Map((await log.offsetsAt(topic.name, from.timeMs)).map(({ partition, offset }) => [partition, offset]));
}

/** Why a cursor cannot go on from where it stands; null when it can. */
export function cursorProblem(
  reader: Pick<TopicReader, "name">,
  cursor: CursorRow,
  offsets: readonly { partition: number; earliest: number; end: number }[],
): StartProblem | null {
  const bounds = offsets.find(({ partition }) => partition === cursor.partition);
  if (bounds === undefined) return null;
  const { name } = reader;
  const { topic, partition, offset } = cursor;
  if (offset > bounds.end) return { kind: "beyond-end", reader: name, topic, partition, offset, end: bounds.end };
  // A cursor that never moved has nothing behind it that it could have missed.
  if (offset < bounds.earliest && offset > 0)
    return { kind: "records-lost", reader: name, topic, partition, count: bounds.earliest - offset };
  return null;
}
