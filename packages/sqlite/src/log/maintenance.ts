import { isAlive, thisProcess } from "throughline/seams";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { DatabaseSync } from "node:sqlite";
import { prepared } from "../database/prepared.ts";
import type { SqliteWriter } from "../database/writer.ts";
import { compactSome, partitionsToCompact } from "./compaction.ts";
import { partitionsToTrim, trimSome } from "./retention.ts";

const leaseMs = 60_000;

/**
 * Removes in the background what retention and compaction allow to remove, in the one process that holds the file's lease, in
 * short transactions between which appends get their turn. Where there is nothing to remove, nothing is written.
 */
export class Maintenance {
  readonly #writer: SqliteWriter;
  readonly #timer: NodeJS.Timeout;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(writer: SqliteWriter, intervalMs: number) {
    this.#writer = writer;
    // A pass that failed is repeated by the next one.
    this.#timer = setInterval(() => void this.run().catch(() => undefined), intervalMs).unref();
  }

  /** Settles when nothing is left to remove. Joins a pass that is under way. */
  run(): Promise<void> {
    this.#running ??= this.#pass().finally(() => (this.#running = undefined));
    return this.#running;
  }

  /** Interrupts a pass after its transaction. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#running?.catch(() => undefined);
  }

  async #pass(): Promise<void> {
    const steps = await this.#writer.read((db) => [
      ...partitionsToTrim(db, Date.now()).map((trim) => (writing: DatabaseSync) => trimSome(writing, trim)),
      ...partitionsToCompact(db).map((number) => (writing: DatabaseSync) => compactSome(writing, number)),
    ]);
    for (const step of steps) {
      let more = true;
      while (more && !this.#stopped) {
        more = await this.#writer.transaction((db) => acquireLease(db, Date.now()) && step(db));
        await nextTurn();
      }
    }
  }
}

function acquireLease(db: DatabaseSync, nowMs: number): boolean {
  const held = prepared(db, "SELECT owner, until_ms FROM lease WHERE name = 'maintenance'").get();
  const owner = held === undefined ? "" : String(held["owner"]);
  const foreign = owner !== "" && owner !== thisProcess() && Number(held?.["until_ms"]) > nowMs && isAlive(owner);
  if (foreign) return false;
  prepared(
    db,
    "INSERT INTO lease (name, owner, until_ms) VALUES ('maintenance', ?, ?) ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until_ms = excluded.until_ms",
  ).run(thisProcess(), nowMs + leaseMs);
  return true;
}
