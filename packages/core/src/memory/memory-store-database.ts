import type {
  CommitNews,
  ControlRow,
  CursorClaim,
  CursorRow,
  EpochRow,
  FailureDetail,
  HandlerRow,
  InboxRow,
  LostRange,
  NewOutboxRow,
  Numbering,
  OutboxRow,
  ParkedRow,
  PositionRow,
  Run,
} from "../seams/store.ts";
import { RowLocks } from "./memory-store-locks.ts";

/** Committed rows by key. Rows are never changed in place: a write puts a new one. */
export class MemoryTable<Row> {
  readonly name: string;
  rows = new Map<string, Row>();
  /** Makes the copy that is kept, so that nobody holds on to what is stored. */
  readonly copy: (row: Row) => Row;

  constructor(name: string, copy: (row: Row) => Row = copyOf) {
    this.name = name;
    this.copy = copy;
  }
}

export type StoredOutboxRow = OutboxRow & { readonly stop: { readonly error: FailureDetail; readonly sinceMs: number } | null };
export interface StoredService {
  readonly name: string;
  readonly nextName: string | null;
  readonly formerNames: readonly string[];
}

export type OfSubject<Row> = Row & Run & { readonly stream: string; readonly subject: string };

let storesMade = 0;

/** Everything the memory store keeps: the user's values and Throughline's tables, in one kind of table. */
export class MemoryDatabase {
  readonly locks = new RowLocks();
  readonly values = new MemoryTable<{ readonly value: unknown }>("values", (row) => structuredClone(row));
  readonly handlers = new MemoryTable<HandlerRow>("handlers");
  readonly handlerNames = new MemoryTable<number>("handler_names");
  readonly epochs = new MemoryTable<EpochRow>("epochs");
  readonly cursors = new MemoryTable<CursorRow>("cursors");
  readonly claims = new MemoryTable<Run & { readonly claim: CursorClaim }>("cursor_claims");
  readonly inbox = new MemoryTable<InboxRow & Run>("inbox");
  readonly positions = new MemoryTable<OfSubject<PositionRow>>("positions");
  readonly lost = new MemoryTable<OfSubject<LostRange>>("lost");
  readonly parked = new MemoryTable<ParkedRow>("parked");
  readonly outbox = new MemoryTable<StoredOutboxRow>("outbox");
  readonly publishedIds = new MemoryTable<number>("published_ids");
  /** The last number given in each (topic, subject). */
  readonly numbers = new MemoryTable<{ readonly sequence: number; readonly sequenceEpoch: number }>("numbers");
  /** One row, under the key "store". */
  readonly numbering = new MemoryTable<Numbering>("numbering");
  readonly controls = new MemoryTable<ControlRow & { readonly paidUntilMs: number }>("controls");
  readonly leases = new MemoryTable<{ readonly name: string; readonly owner: string; readonly untilMs: number }>("leases");
  /** `ticket`, `handler`: the last number drawn; `transaction`: the age of the youngest. */
  readonly counters = new MemoryTable<number>("counters");
  readonly owner = new MemoryTable<StoredService>("owner");
  /** Since when each code has run. */
  readonly code = new MemoryTable<number>("code");
  /** Called soon after a commit that published or made parked events due. */
  readonly listeners = new Set<(news: CommitNews) => void>();
  /** The transactions that run now, of all connections. */
  readonly open = new Set<{ abort(error: Error): void }>();

  constructor() {
    const storeId = `memory-${++storesMade}`;
    this.numbering.rows.set("store", { storeId, sequenceEpoch: 0, given: 0, round: null, behind: null });
  }

  /** Draws the next number of a counter. Never given back, like a sequence of a database. */
  draw(counter: "ticket" | "handler" | "transaction"): number {
    const number = (this.counters.rows.get(counter) ?? 0) + 1;
    this.counters.rows.set(counter, number);
    return number;
  }

  /** Gives published rows their tickets, in commit order, and leaves out what a caller-given id has published before. */
  publish(rows: readonly NewOutboxRow[]): void {
    for (const row of rows) {
      if (row.once) {
        if (this.publishedIds.rows.has(row.eventId)) continue;
        this.publishedIds.rows.set(row.eventId, row.createdAtMs);
      }
      const ticket = this.draw("ticket");
      this.outbox.rows.set(String(ticket), { ...row, ticket, sequence: null, sequenceEpoch: 0, stop: null });
    }
  }

  /** All tables as they are committed now. */
  snapshot(): ReadonlyMap<string, ReadonlyMap<string, unknown>> {
    return new Map(this.#tables().map((table) => [table.name, new Map(table.rows)]));
  }

  restore(snapshot: ReadonlyMap<string, ReadonlyMap<string, unknown>>): void {
    for (const table of this.#tables()) table.rows = new Map(snapshot.get(table.name));
  }

  #tables(): MemoryTable<unknown>[] {
    return Object.values(this).filter((property) => property instanceof MemoryTable);
  }
}

/** One string for a key of several parts, whatever characters they hold. */
export function rowKey(...parts: readonly (string | number)[]): string {
  return JSON.stringify(parts);
}

/** A deep copy of rows, which are plain data and bytes; of a pooled Buffer it copies the view, not the pool. */
export function copyOf<T>(value: T): T {
  if (value instanceof Uint8Array) return new Uint8Array(value) as T;
  if (Array.isArray(value)) return value.map(copyOf) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, copyOf(part)])) as T;
}
