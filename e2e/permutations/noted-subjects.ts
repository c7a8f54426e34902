import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sqlite, type SqliteTx } from "@throughline/sqlite";
import { createMemoryStore, type EventContract, type MemoryTx, type OrderPolicy, type Service, type Store } from "throughline";
import type { HandlerOptions } from "throughline";

export const policies = ["sequential", "latest", "any"] as const satisfies readonly OrderPolicy[];
export type Policy = (typeof policies)[number];

/** What handlers of one policy each made of every subject: the numbers of the events, in the order in which they were applied. */
export type Applied = ReadonlyMap<string, readonly number[]>;

/** A store with handlers that note, in their transaction, which event of which subject they applied. */
export interface NotingStore<Tx> {
  readonly store: Store<Tx>;
  declare(service: Service<Tx>, contract: EventContract, policy: Policy, options?: HandlerOptions<Tx>): void;
  applied(policy: Policy): Promise<Applied>;
  close(): void;
}

export function notingMemoryStore(): NotingStore<MemoryTx> {
  const store = createMemoryStore();
  return {
    store,
    declare: (service, contract, policy, options) =>
      service.on(
        contract,
        policy,
        async ({ subject, sequence }, { tx }) => {
          const key = `${policy}:${subject}`;
          await tx.put(key, [...((await tx.get<number[]>(key)) ?? []), sequence ?? 0]);
        },
        { order: policy, ...options },
      ),
    applied: async (policy) =>
      new Map(store.entries<number[]>(`${policy}:`).map(([key, numbers]) => [key.slice(policy.length + 1), numbers])),
    close: () => undefined,
  };
}

const tables = "CREATE TABLE IF NOT EXISTS applied (policy TEXT, subject TEXT, numbers TEXT, PRIMARY KEY (policy, subject))";
const noteSql = `
  INSERT INTO applied VALUES (?1, ?2, ?3)
  ON CONFLICT (policy, subject) DO UPDATE SET numbers = numbers || ',' || excluded.numbers`;

export function notingSqliteStore(): NotingStore<SqliteTx> {
  const folder = mkdtempSync(join(tmpdir(), "throughline-permutations-"));
  const store = sqlite({ file: join(folder, "store.db"), tables });
  return {
    store,
    declare: (service, contract, policy, options) =>
      service.on(contract, policy, ({ subject, sequence }, { tx }) => void tx.run(noteSql, policy, subject, String(sequence)), {
        order: policy,
        ...options,
      }),
    applied: async (policy) => {
      const rows = await store.all<{ subject: string; numbers: string }>(
        "SELECT subject, numbers FROM applied WHERE policy = ?",
        policy,
      );
      return new Map(rows.map(({ subject, numbers }) => [subject, numbers.split(",").map(Number)]));
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}
