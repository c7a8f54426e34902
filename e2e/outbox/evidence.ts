import { DatabaseSync } from "node:sqlite";
import { openSqliteLog } from "@throughline/sqlite";
import { type DecodedEvent, decodeEvent } from "throughline";

/** The rows of a statement, as any program would read them. */
export function rowsOf<Row>(file: string, sql: string): Row[] {
  const db = new DatabaseSync(file, { timeout: 5_000 });
  try {
    return db.prepare(sql).all() as Row[];
  } finally {
    db.close();
  }
}

/** Every event of a topic, in the order of its partitions and offsets. */
export async function eventsIn(events: string, topic: string): Promise<DecodedEvent[]> {
  await using log = await openSqliteLog(events);
  const found: DecodedEvent[] = [];
  for (const { partition } of await log.offsets(topic))
    for await (const batch of log.read({ topic, partition, fromOffset: 0 }))
      found.push(...batch.map((record) => decodeEvent(record)));
  return found;
}

/** How many records a topic holds; 0 where it does not exist. */
export async function countIn(events: string, topic: string): Promise<number> {
  await using log = await openSqliteLog(events);
  if (!(await log.topics()).some(({ name }) => name === topic)) return 0;
  return (await log.offsets(topic)).reduce((sum, { earliest, end }) => sum + end - earliest, 0);
}

/** Each subject's events as they first stand in the log: what every consumer sees, duplicates left out. */
export function firstAppearances(events: readonly DecodedEvent[]): Map<string, DecodedEvent[]> {
  const subjects = new Map<string, DecodedEvent[]>();
  const seen = new Set<string>();
  for (const event of events) {
    const place = `${event.id} ${event.sequenceEpoch}`;
    if (seen.has(place) || event.subject === null) continue;
    seen.add(place);
    subjects.set(event.subject, [...(subjects.get(event.subject) ?? []), event]);
  }
  return subjects;
}

/** The numbers of each numbering that do not go 1, 2, 3 …, in the order in which they stand in the log. */
export function numbersAstray(events: readonly DecodedEvent[]): string[] {
  return [...firstAppearances(events)].flatMap(([subject, ofSubject]) => {
    const numberings = Map.groupBy(ofSubject, ({ sequenceEpoch }) => sequenceEpoch);
    return [...numberings].flatMap(([numbering, ofNumbering]) =>
      ofNumbering
        .map(({ sequence }) => sequence)
        .flatMap((sequence, index) =>
          sequence === index + 1 ? [] : [`${subject}: ${numbering}.${sequence} stands as the ${index + 1}th`],
        ),
    );
  });
}
