import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sqlite, type SqliteTx } from "@throughline/sqlite";
import {
  createMemoryStore,
  type Event,
  type EventContract,
  type HandlerContext,
  type HandlerOptions,
  type MemoryTx,
  type OrderPolicy,
  type Service,
  type Store,
} from "throughline";

export const policies = ["sequential", "latest", "any"] as const satisfies readonly OrderPolicy[];
export type Policy = (typeof policies)[number];

/** What one handler made of every subject: a note for each event that it applied, in that order. */
export type Applied = ReadonlyMap<string, readonly string[]>;

export interface NotingHandler<Tx> extends HandlerOptions<Tx> {
  readonly name: string;
  /** What it notes of an event, without a comma; may throw. */
  readonly note: (event: Event, context: HandlerContext<Tx>) => string;
}

/** A store with handlers that note, in their transaction, which event of which subject they applied. */
export interface NotingStore<Tx> {
  readonly store: Store<Tx>;
  declare(service: Service<Tx>, contract: EventContract, handler: NotingHandler<Tx>): void;
  applied(handler: string): Promise<Applied>;
  close(): void;
}

export function notingMemoryStore(): NotingStore<MemoryTx> {
  const store = createMemoryStore();
  return {
    store,
    declare: (service, contract, { name, note, ...options }) =>
      service.on(
        contract,
        name,
        async (event, context) => {
          const key = `${name}:${event.subject}`;
          const noted = note(event, context);
          await context.tx.put(key, [...((await context.tx.get<string[]>(key)) ?? []), noted]);
        },
        options,
      ),
    applied: async (name) =>
      new Map(store.entries<string[]>(`${name}:`).map(([key, notes]) => [key.slice(name.length + 1), notes])),
    close: () => undefined,
  };
}

const tables = "CREATE TABLE IF NOT EXISTS applied (handler TEXT, subject TEXT, notes TEXT, PRIMARY KEY (handler, subject))";
const noteSql = `
  INSERT INTO applied VALUES (?1, ?2, ?3)
  ON CONFLICT (handler, subject) DO UPDATE SET notes = notes || ',' || excluded.notes`;

/** @param folder Its file is there; default: a new one, that `close` removes. */
export function notingSqliteStore(folder = mkdtempSync(join(tmpdir(), "throughline-permutations-"))): NotingStore<SqliteTx> {
  const store = sqlite({ file: join(folder, "store.db"), tables });
  return {
    store,
    declare: (service, contract, { name, note, ...options }) =>
      service.on(
        contract,
        name,
        (event, context) => void context.tx.run(noteSql, name, event.subject, note(event, context)),
        options,
      ),
    applied: async (name) => {
      const rows = await store.all<{ subject: string; notes: string }>(
        "SELECT subject, notes FROM applied WHERE handler = ?",
        name,
      );
      return new Map(rows.map(({ subject, notes }) => [subject, notes.split(",")]));
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}
