import { errorTable } from "throughline/seams";

/** Error codes that only the packages on SQLite have; everything else is a code of the seams. */
export const sqliteErrors = {
  SQLITE_FILE_UNUSABLE: {
    retryable: false,
    message: (d: { file: string; what: string }) =>
      `${d.file} cannot be used (${d.what}); restore it from a backup, or check that the path names the right file`,
  },
  SQLITE_TABLES_INVALID: {
    retryable: false,
    message: (d: { file: string; what: string }) =>
      `the application's tables cannot be created in ${d.file} (${d.what}); correct the SQL given as { tables }`,
  },
  SQLITE_ADDRESS_INVALID: {
    retryable: false,
    message: (d: { given: string }) =>
      `"${d.given}" is no address of an SQLite file; write it as sqlite:./data/events.db, or pass a path`,
  },
  LOG_TOPIC_INVALID: {
    retryable: false,
    message: (d: { topic: string; what: string }) => `topic "${d.topic}" cannot be created: ${d.what}`,
  },
  LOG_FILE_TOO_NEW: {
    retryable: false,
    message: (d: { file: string; found: number; known: number }) =>
      `${d.file} has format ${d.found}, and this version knows only ${d.known}; deploy a version that is at least as new as the one that wrote it`,
  },
  LOG_FILE_REPLACED: {
    retryable: false,
    message: (d: { file: string }) =>
      `${d.file} was deleted or replaced while this process had it open: what is read and appended here reaches nobody; start this process again`,
  },
  LOG_INSTANCE_TAKEN: {
    retryable: false,
    message: (d: { group: string; instanceId: string }) =>
      `another member joined group "${d.group}" as instance "${d.instanceId}", and this one ended; give each running instance a name of its own`,
  },
} as const;

export const sqliteError = errorTable(sqliteErrors);
