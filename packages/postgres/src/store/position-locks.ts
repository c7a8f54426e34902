import type { PositionRow, Run } from "throughline/seams";
import type { OpenTransaction } from "./open-transaction.ts";
import { decodeText, encodeText } from "./text-codec.ts";

const isKey = "handler_id = $1 AND epoch = $2 AND stream = $3 AND subject = ANY($4::text[])";
const readSql = `SELECT subject, sequence, sequence_epoch, baseline, parked, is_place FROM throughline.positions WHERE ${isKey}`;
// Rows are locked in the order in which they are read.
const waitSql = `${readSql} ORDER BY subject FOR NO KEY UPDATE`;
const trySql = `${readSql} ORDER BY subject FOR NO KEY UPDATE SKIP LOCKED`;
const makeSql = `
  INSERT INTO throughline.positions (handler_id, epoch, stream, subject, sequence, sequence_epoch, baseline, parked, is_place)
  SELECT $1, $2, $3, v.subject, 0, 0, 0, 0, true FROM unnest($4::text[]) AS v(subject) ORDER BY v.subject
  ON CONFLICT DO NOTHING RETURNING subject`;
const takeAwaySql = `DELETE FROM throughline.positions WHERE ${isKey} AND is_place`;

type Columns = [subject: string, sequence: number, sequenceEpoch: number, baseline: number, parked: number, isPlace: boolean];

interface Lock {
  readonly run: Run;
  readonly stream: string;
  readonly subjects: readonly string[];
  readonly wait: boolean;
  needsMore(): void;
}

interface Locked {
  readonly run: Run;
  readonly stream: string;
  /** What each locked subject's position is now; null while it has none. */
  readonly positions: Map<string, PositionRow | null>;
}

/**
 * Locks on the positions of subjects, as row locks: a server has room for some thousand advisory locks only, all transactions
 * together. A subject without a position gets a row to be locked first, a place, by a transaction of its own that commits at
 * once, so that nobody ever waits behind a row that an open transaction has inserted. Places that are still empty at the end are
 * taken away again; those that a crash left are swept with the rows of dropped runs.
 */
export class PositionLocks {
  readonly #transaction: OpenTransaction;
  readonly #locked: Locked[] = [];

  constructor(transaction: OpenTransaction) {
    this.#transaction = transaction;
  }

  lock(run: Run, stream: string, subjects: readonly string[], wait: boolean): Promise<Set<string>> {
    const { promise: locking, resolve } = Promise.withResolvers<boolean>();
    const before = this.#transaction.locking;
    let isAtOnce = before === null;
    this.#transaction.locking = locking;
    const lock = (): Promise<Set<string>> => this.#lock({ run, stream, subjects, wait, needsMore: () => (isAtOnce = false) });
    return (before === null ? lock() : before.then(lock)).finally(() => {
      if (this.#transaction.locking === locking) this.#transaction.locking = null;
      resolve(isAtOnce);
    });
  }

  /** Calls `needsMore` where one statement does not lock all. */
  async #lock({ run, stream, subjects, wait, needsMore }: Lock): Promise<Set<string>> {
    const { positions } = this.#of(run, stream, true);
    const wanted = [...new Set(subjects)];
    const missing = (): string[] => wanted.filter((subject) => !positions.has(subject));
    if (wait) {
      // All in one statement, for they are locked in its order; again only where a place was swept meanwhile.
      while (missing().length > 0) {
        needsMore();
        await this.#makePlaces(run, stream, await this.#absent(run, stream, missing()));
        await this.#lockRows(run, stream, missing(), true);
      }
    } else if (missing().length > 0) {
      await this.#lockRows(run, stream, missing(), false);
      // Those that had a row all the time are held by somebody.
      const made = await this.#makePlaces(run, stream, missing());
      if (made.length > 0) needsMore();
      if (made.length > 0) await this.#lockRows(run, stream, made, false);
    }
    return new Set(wanted.filter((subject) => positions.has(subject)));
  }

  /** Puts what is known of locked subjects into `found`; answers with those that are not locked. */
  known(run: Run, stream: string, subjects: readonly string[], found: Map<string, PositionRow>): string[] {
    const positions = this.#of(run, stream, false)?.positions;
    return subjects.filter((subject) => {
      const position = positions?.get(subject);
      if (position === undefined) return true;
      if (position !== null) found.set(subject, position);
      return false;
    });
  }

  saved(run: Run, stream: string, rows: readonly PositionRow[]): void {
    const positions = this.#of(run, stream, false)?.positions;
    for (const row of rows) if (positions?.has(row.subject) === true) positions.set(row.subject, row);
  }

  /** They were changed together. */
  forget(): void {
    this.#locked.length = 0;
  }

  #of(run: Run, stream: string, make: true): Locked;
  #of(run: Run, stream: string, make: boolean): Locked | undefined;
  #of(run: Run, stream: string, make: boolean): Locked | undefined {
    let of = this.#locked.find(
      (each) => each.run.handlerId === run.handlerId && each.run.epoch === run.epoch && each.stream === stream,
    );
    if (of === undefined && make) {
      const { handlerId, epoch } = run;
      of = { run: { handlerId, epoch }, stream, positions: new Map() };
      this.#locked.push(of);
      const made = of;
      this.#transaction.beforeCommit.push(() => this.#takeAway(made));
    }
    return of;
  }

  async #lockRows(run: Run, stream: string, subjects: readonly string[], wait: boolean): Promise<void> {
    const { positions } = this.#of(run, stream, true);
    const values = [run.handlerId, run.epoch, encodeText(stream), subjects.map(encodeText)];
    for (const row of await this.#transaction.columns<Columns>(wait ? waitSql : trySql, values)) {
      const subject = decodeText(row[0]);
      positions.set(
        subject,
        row[5] ? null : { subject, sequence: row[1], sequenceEpoch: row[2], baseline: row[3], parked: row[4] },
      );
    }
  }

  async #absent(run: Run, stream: string, subjects: readonly string[]): Promise<string[]> {
    const values = [run.handlerId, run.epoch, encodeText(stream), subjects.map(encodeText)];
    const rows = await this.#transaction.columns<Columns>(readSql, values);
    const present = new Set(rows.map((row) => decodeText(row[0])));
    return subjects.filter((subject) => !present.has(subject));
  }

  /** Answers with those that had none. */
  async #makePlaces(run: Run, stream: string, subjects: readonly string[]): Promise<string[]> {
    if (subjects.length === 0) return [];
    const values = [run.handlerId, run.epoch, encodeText(stream), subjects.map(encodeText)];
    const made = await this.#transaction.aside(makeSql, values);
    this.#transaction.afterRehearsal.push(async () => void (await this.#transaction.aside(takeAwaySql, values)));
    return made.map(({ subject }) => decodeText(subject as string));
  }

  #takeAway({ run, stream, positions }: Locked): void {
    const empty = [...positions].filter(([, position]) => position === null).map(([subject]) => encodeText(subject));
    if (empty.length === 0) return;
    this.#transaction.sendLast(takeAwaySql, [run.handlerId, run.epoch, encodeText(stream), empty]);
  }
}
