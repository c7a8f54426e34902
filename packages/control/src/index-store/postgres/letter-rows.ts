import type { LetterEntry } from "../index-batch.ts";
import { storable, storableOrNull, whole } from "../../postgres/storable.ts";
import { type FailureRow, failuresOf, removeLetters } from "./known-failures.ts";
import type { GroupRows, NewLetter } from "./group-rows.ts";
import type { Sql } from "./index-database.ts";
import type { Names } from "./names.ts";
import type { Places } from "./places.ts";

const mostMessage = 1_000;

interface PlacedLetter extends NewLetter {
  readonly place: number;
}

/** Writes dead letters in the caller's transaction: all of a batch at once. */
export class LetterRows {
  readonly #names: Names;
  readonly #places: Places;
  readonly #groups: GroupRows;

  constructor(names: Names, places: Places, groups: GroupRows) {
    this.#names = names;
    this.#places = places;
    this.#groups = groups;
  }

  /** Answers their numbers. */
  async add(sql: Sql, entries: readonly LetterEntry[]): Promise<number[]> {
    if (entries.length === 0) return [];
    await this.#names.learn(
      sql,
      entries.flatMap(({ letter, event, place }) => [
        place.topic,
        letter.service,
        letter.handler,
        letter.serviceVersion,
        event?.type ?? null,
        event?.tenantId ?? null,
      ]),
    );
    const placed = await this.#placed(sql, entries);
    const numbers: number[] = [];
    for (const letters of withoutRepeats(placed)) numbers.push(...(await this.#addDistinct(sql, letters)));
    return numbers;
  }

  /** The place of its origin: of the topic as it was, if the index knew that, else as it is named. */
  async #placed(sql: Sql, entries: readonly LetterEntry[]): Promise<PlacedLetter[]> {
    const known = new Map<string, number>();
    const letters: PlacedLetter[] = [];
    for (const entry of entries) {
      const { letter, event } = entry;
      const { topic, topicId, partition } = letter.origin;
      const key = JSON.stringify([topic, topicId, partition]);
      const place =
        known.get(key) ?? (await this.#places.of(sql, letter.origin)) ?? (await this.#places.named(sql, topic, partition));
      known.set(key, place);
      const handler = await this.#names.handler(sql, letter.service, letter.handler);
      const tenant = event?.tenantId == null ? null : this.#names.known(event.tenantId);
      letters.push({ entry, handler, tenant, place });
    }
    return letters;
  }

  /**
   * A failure that dies again after a redrive keeps its id: the newer letter stands for it. One that is not newer was sent twice, or comes
   * late.
   */
  async #addDistinct(sql: Sql, given: readonly PlacedLetter[]): Promise<number[]> {
    const ids = given.map(({ entry }) => storable(entry.letter.failureId));
    const known = new Map((await failuresOf(sql, ids)).map((row) => [row.failure_id, row]));
    const before = ({ entry }: PlacedLetter) => known.get(storable(entry.letter.failureId));
    const letters = given.filter((one) => whole(one.entry.letter.failedAtMs) > (before(one)?.failed_ms ?? -Infinity));
    if (letters.length === 0) return [];
    await removeLetters(
      sql,
      this.#groups,
      letters.flatMap((letter) => before(letter) ?? []),
    );
    const groups = await this.#groups.add(sql, letters);
    const numbers = await this.#insert(sql, letters, groups);
    await this.#supersede(sql, letters);
    return numbers;
  }

  async #insert(sql: Sql, letters: readonly PlacedLetter[], groups: readonly number[]): Promise<number[]> {
    const column = <T>(value: (entry: LetterEntry) => T): T[] => letters.map(({ entry }) => value(entry));
    const inserted = await sql.rows<{ no: number }>(
      insertLetters,
      column(({ letter }) => storable(letter.failureId)),
      letters.map(({ handler }) => handler),
      column(({ letter }) => letter.epoch),
      letters.map(({ place }) => place),
      column(({ letter }) => letter.origin.offset),
      column(({ place }) => this.#names.known(place.topic)),
      column(({ place }) => place.partition),
      column(({ place }) => place.offset),
      column(({ letter }) => this.#names.known(letter.serviceVersion)),
      column(({ letter }) => storable(letter.reason)),
      column(({ event }) => storableOrNull(event?.id ?? null)),
      column(({ event }) => (event === null ? null : this.#names.known(event.type))),
      column(({ event }) => storableOrNull(event?.subject ?? null)),
      column(({ event }) => storableOrNull(event?.correlationId ?? null)),
      letters.map(({ tenant }) => tenant),
      column(({ letter }) => storable(letter.error.name)),
      column(({ letter }) => storableOrNull(letter.error.code)),
      column(({ letter }) => storable(letter.error.message.slice(0, mostMessage))),
      column(({ letter }) => whole(letter.attempts.length + Number(letter.attemptsOmitted ?? 0))),
      column(({ letter }) => whole(letter.failedAtMs)),
      column(({ letter }) => letter.holdsSubject === true),
      groups,
    );
    return inserted.map(({ no }) => no);
  }

  /** Of the letters of one place the newest counts; the later in the log, where two died in the same millisecond. */
  async #supersede(sql: Sql, letters: readonly PlacedLetter[]): Promise<void> {
    const rows = await sql.rows<FailureRow & { at: string }>(
      lettersAt,
      letters.map(({ place }) => place),
      letters.map(({ entry }) => entry.letter.origin.offset),
      letters.map(({ handler }) => handler),
      letters.map(({ entry }) => entry.letter.epoch),
    );
    const changes = [...Map.groupBy(rows, ({ at }) => at).values()]
      .flatMap((ofPlace) => ofPlace.map((before, index) => ({ before, after: { ...before, superseded: index === 0 ? 0 : 1 } })))
      .filter(({ before, after }) => before.superseded !== after.superseded);
    if (changes.length === 0) return;
    await sql.run(
      "UPDATE failure AS f SET superseded = s.superseded FROM unnest($1::bigint[], $2::integer[]) AS s (no, superseded) WHERE f.no = s.no",
      changes.map(({ after }) => after.no),
      changes.map(({ after }) => after.superseded),
    );
    await this.#groups.shift(
      sql,
      changes.map(({ before, after }) => ({ group: before.failure_group, before, after })),
    );
  }
}

const insertLetters = `
  INSERT INTO failure (failure_id, handler, epoch, place, "offset", letter_topic, letter_partition, letter_offset, version, reason, event, type,
    subject, correlation, tenant, error, code, message, attempts, failed_ms, holds, failure_group)
  SELECT failure_id, handler, epoch, place, "offset", letter_topic, letter_partition, letter_offset, version, reason, event, type,
    subject, correlation, tenant, error, code, message, attempts, failed_ms, holds, failure_group
  FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[],
    $10::text[], $11::text[], $12::bigint[], $13::text[], $14::text[], $15::bigint[], $16::text[], $17::text[], $18::text[], $19::bigint[],
    $20::bigint[], $21::boolean[], $22::bigint[]) WITH ORDINALITY AS given (failure_id, handler, epoch, place, "offset", letter_topic,
    letter_partition, letter_offset, version, reason, event, type, subject, correlation, tenant, error, code, message, attempts, failed_ms,
    holds, failure_group, nth)
  ORDER BY nth RETURNING no`;

const lettersAt = `
  SELECT f.no, f.failure_id, f.failed_ms, f.state, f.superseded, f.failure_group, f.tenant, f.version,
    concat_ws('/', f.place, f."offset", f.handler, f.epoch) AS at
  FROM (SELECT DISTINCT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) AS given (place, "offset", handler, epoch)) AS given
  JOIN failure f ON f.place = given.place AND f."offset" = given."offset" AND f.handler = given.handler AND f.epoch = given.epoch
  ORDER BY f.failed_ms DESC, f.letter_partition DESC, f.letter_offset DESC`;

/** Cut where an id comes again: what stands for it then is decided after what came before. */
function withoutRepeats(letters: readonly PlacedLetter[]): PlacedLetter[][] {
  const parts: PlacedLetter[][] = [[]];
  let seen = new Set<string>();
  for (const letter of letters) {
    const id = storable(letter.entry.letter.failureId);
    if (seen.has(id)) {
      seen = new Set();
      parts.push([]);
    }
    seen.add(id);
    parts.at(-1)!.push(letter);
  }
  return parts;
}
