import { extname } from "node:path";
import type { EventLog } from "throughline/seams";
import { sqlitePath } from "../database/sqlite-address.ts";
import { GroupFile } from "./group/group-file.ts";
import { LogFile } from "./log-file.ts";
import { SqliteLog } from "./sqlite-log.ts";

export interface SqliteLogOptions {
  /** A path, or an address such as `sqlite:./data/events.db`. The files of groups and of the system's own topics lie beside it. */
  readonly path: string;
  /**
   * What an append survives: "process" (default), the end of the process, kill -9 included; "power", the loss of power too, at a
   * third of the speed.
   */
  readonly durability?: "process" | "power";
  /** Bytes of key + value + headers. Default 1 MiB. */
  readonly maxRecordBytes?: number;
  /** Partitions of a topic that is created without a number. Default 6. */
  readonly defaultPartitions?: number;
  /** How often retention and compaction look for something to remove. Default 10,000 ms. */
  readonly maintenanceIntervalMs?: number;
}

/**
 * Opens the embedded event log, and creates it where it does not exist. Any number of processes on one machine may have it open;
 * each is safe against the others' death at any instant. Close it, or hold it with `await using`.
 *
 * `./data/events.db` becomes three files, so that appends, group offsets and receipts do not wait for one another: `events.db`,
 * `events.groups.db` and `events.system.db` (topics named `throughline.…`), each with SQLite's own `-wal` and `-shm`, and a `-wake`
 * through which processes wake each other. A network file system will not do.
 *
 * @throws LOG_UNAVAILABLE, SQLITE_ADDRESS_INVALID, SQLITE_FILE_UNUSABLE, LOG_FILE_TOO_NEW
 * @example
 *   await using log = await openSqliteLog("sqlite:./data/events.db");
 *   await log.createTopics([{ name: "order" }]);
 *   await log.append([{ topic: "order", key, value, headers: [] }]);
 */
export async function openSqliteLog(pathOrOptions: string | SqliteLogOptions): Promise<EventLog> {
  return openLog(typeof pathOrOptions === "string" ? { path: pathOrOptions } : pathOrOptions);
}

/** The same with the operations that are not part of the seam. */
export async function openLog({
  path: address,
  durability = "process",
  maxRecordBytes = 1024 * 1024,
  defaultPartitions = 6,
  maintenanceIntervalMs = 10_000,
}: SqliteLogOptions): Promise<SqliteLog> {
  const path = sqlitePath(address);
  const options = { durability, maxRecordBytes, defaultPartitions, maintenanceIntervalMs };
  // First, so that nothing is made beside a file that is no log.
  const events = await LogFile.open({ path, ...options });
  const opening = [
    LogFile.open({ path: besides(path, "system"), ...options }),
    GroupFile.open(besides(path, "groups"), durability),
  ] as const;
  try {
    const [system, groups] = await Promise.all(opening);
    return new SqliteLog({ events, system, groups }, maxRecordBytes);
  } catch (error) {
    await events.close();
    for (const opened of await Promise.allSettled(opening)) if (opened.status === "fulfilled") await opened.value.close();
    throw error;
  }
}

/** `events.db` → `events.groups.db` */
function besides(path: string, part: string): string {
  const extension = extname(path);
  return `${path.slice(0, path.length - extension.length)}.${part}${extension}`;
}
