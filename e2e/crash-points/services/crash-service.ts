import { openSqliteLog, sqlite } from "@throughline/sqlite";

/** What the small services have in common. `CRASH_DATA` is the folder of their databases and of the log. */
export function crashService(name: string, tables: string) {
  const folder = process.env.CRASH_DATA ?? ".";
  const store = sqlite({ file: `${folder}/${name}.db`, tables });
  return {
    name,
    store,
    from: "earliest",
    retryDelaysMs: [20, 50, 100],
    eventLog: () => openSqliteLog(`${folder}/events.db`),
    log: { level: "warn" },
  } as const;
}
