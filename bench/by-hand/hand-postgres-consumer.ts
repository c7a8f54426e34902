import type { Client } from "pg";
import type { BenchDatabase } from "../bench-services.ts";
import { partitionCount } from "../kafka-orders.ts";
import type { ReadEvent } from "./hand-event.ts";
import type { HandBatch } from "./hand-kafka-reader.ts";

/** What is done with the fresh events of a batch, in its transaction. */
export type HandEffects = (client: Client, events: readonly ReadEvent[]) => Promise<void>;

const tables = `
  CREATE TABLE inbox (event_id uuid PRIMARY KEY, handled_at timestamptz NOT NULL DEFAULT now());
  CREATE TABLE positions (subject text PRIMARY KEY, previous bigint NOT NULL, sequence bigint NOT NULL);
  CREATE TABLE cursors (part int PRIMARY KEY, next bigint NOT NULL);
  INSERT INTO cursors SELECT part, 0 FROM generate_series(0, ${partitionCount - 1}) AS part;
`;

const lockCursor = { name: "lock-cursor", text: "SELECT next FROM cursors WHERE part = $1 FOR UPDATE" };
const addInbox = {
  name: "add-inbox",
  text: "INSERT INTO inbox (event_id) SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING",
};
/** Moves each subject from the event before its first to its last; one that stood elsewhere is not counted. */
const movePositions = {
  name: "move-positions",
  text: `INSERT INTO positions AS p (subject, previous, sequence)
         SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[])
         ON CONFLICT (subject) DO UPDATE SET sequence = excluded.sequence, previous = excluded.previous
         WHERE p.sequence = excluded.previous`,
};
const moveCursor = { name: "move-cursor", text: "UPDATE cursors SET next = $2 WHERE part = $1" };

/**
 * Handles each event once and in order, as one would write it by hand: in a transaction for each batch the cursor, the inbox, the
 * effects, the subjects' positions, and the moved cursor. What needs no answer is sent without waiting for one.
 */
export class HandPostgresConsumer {
  readonly #free: Client[];
  readonly #all: readonly Client[];
  readonly #waiting: ((client: Client) => void)[] = [];
  readonly #effects: HandEffects;
  applied = 0;

  private constructor(clients: readonly Client[], effects: HandEffects) {
    this.#all = clients;
    this.#free = [...clients];
    this.#effects = effects;
  }

  static async open(database: BenchDatabase, connections: number, effects: HandEffects): Promise<HandPostgresConsumer> {
    await database.query(tables);
    const clients = Array.from({ length: connections }, () => database.connect({ pipeline: true }));
    return new HandPostgresConsumer(await Promise.all(clients), effects);
  }

  async handle({ partition, fromOffset, nextOffset, events }: HandBatch): Promise<void> {
    const client = this.#free.pop() ?? (await new Promise<Client>((resolve) => this.#waiting.push(resolve)));
    try {
      const [, cursor, inboxed] = await Promise.all([
        client.query("BEGIN"),
        client.query<{ next: string }>({ ...lockCursor, values: [partition] }),
        client.query({ ...addInbox, values: [events.map(({ id }) => id)] }),
      ]);
      if (Number(cursor.rows[0]?.next) !== fromOffset) throw new Error("somebody else moved the cursor");
      // Rare enough to be given up here; by hand one would look for the known ones and run the rest.
      if (inboxed.rowCount !== events.length) throw new Error("some events were handled before");
      await this.#effects(client, events);
      const { subjects, previous, lasts } = movesOf(events);
      const [moved] = await Promise.all([
        client.query({ ...movePositions, values: [subjects, previous, lasts] }),
        client.query({ ...moveCursor, values: [partition, nextOffset] }),
      ]);
      if (moved.rowCount !== subjects.length) throw new Error("some events came out of order");
      await client.query("COMMIT");
      this.applied += events.length;
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free.push(client);
      else next(client);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map((client) => client.end()));
  }
}

/** Each subject once, with the sequence before its first event and that of its last. */
function movesOf(events: readonly ReadEvent[]): { subjects: string[]; previous: number[]; lasts: number[] } {
  const places = new Map<string, number>();
  const moves = { subjects: [] as string[], previous: [] as number[], lasts: [] as number[] };
  for (const { subject, sequence } of events) {
    const place = places.get(subject);
    if (place === undefined) {
      places.set(subject, moves.subjects.length);
      moves.subjects.push(subject);
      moves.previous.push(sequence - 1);
      moves.lasts.push(sequence);
    } else {
      if (sequence !== (moves.lasts[place] as number) + 1) throw new Error("some events are missing");
      moves.lasts[place] = sequence;
    }
  }
  return moves;
}
