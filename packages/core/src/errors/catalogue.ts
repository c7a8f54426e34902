import { errorTable } from "./error-table.ts";

/**
 * Every error code of core and of the seams. Each has its section in docs/reference/errors.md; a test compares the two.
 * Adapters throw the codes of their seam from here and add a table of their own for what only they know.
 */
export const coreErrors = {
  // --- event log seam
  LOG_UNAVAILABLE: {
    retryable: true,
    message: (d: { what: string }) =>
      `the event log cannot be reached: ${d.what}; nothing is lost, and the call is tried again when it is back`,
  },
  LOG_RECORD_TOO_LARGE: {
    retryable: false,
    message: (d: { bytes: number; limit: number; topic: string }) =>
      `a record of ${d.bytes} bytes for topic "${d.topic}" is larger than the log's limit of ${d.limit} bytes; send a reference to the data instead, or raise the limit`,
  },
  LOG_RECORD_SKIPPED: {
    retryable: true,
    message: (d: { topic: string }) =>
      `a record for topic "${d.topic}" was not appended because an earlier one of the same key was refused; append it again after that one`,
  },
  LOG_RECORD_REFUSED: {
    retryable: false,
    message: (d: { topic: string; reason: string }) =>
      `the log refused a record for topic "${d.topic}": ${d.reason}; repair what it names and append the record again`,
  },
  LOG_TOPIC_UNKNOWN: {
    retryable: false,
    message: (d: { topic: string }) => `topic "${d.topic}" does not exist; start the service that publishes it, or create it`,
  },
  LOG_OFFSET_OUT_OF_RANGE: {
    retryable: false,
    message: (d: { topic: string; partition: number; offset: number; earliest: number; end: number }) =>
      `offset ${d.offset} of ${d.topic}/${d.partition} does not exist: the log holds ${d.earliest} to ${d.end}`,
  },
  LOG_MEMBER_REPLACED: {
    retryable: false,
    message: (d: { group: string; instanceId: string }) =>
      `another member joined group "${d.group}" as "${d.instanceId}" and took this one's place; give every instance a name of its own`,
  },
  LOG_CLOSED: {
    retryable: false,
    message: (_: Record<string, never>) => "the event log was closed; open it again before using it",
  },
  // --- store seam
  STORE_NOT_MIGRATED: {
    retryable: false,
    message: (d: { store: string; found: number; needed: number }) =>
      `store ${d.store} is at migration ${d.found} and this version needs ${d.needed}; run "throughline store migrate"`,
  },
  STORE_TOO_NEW: {
    retryable: false,
    message: (d: { store: string; found: number; known: number }) =>
      `store ${d.store} is at migration ${d.found}, and this version knows only ${d.known}; deploy a version that is at least as new as the one that migrated it`,
  },
  STORE_OF_ANOTHER_SERVICE: {
    retryable: false,
    message: (d: { store: string; owner: string; service: string }) =>
      `store ${d.store} belongs to the service "${d.owner}", not "${d.service}"; give "${d.service}" a store of its own; or, if "${d.owner}" has a new name, run "throughline rename service ${d.owner} ${d.service}" while it still runs under the old one`,
  },
  STORE_UNAVAILABLE: {
    retryable: true,
    message: (d: { store: string; what: string }) => `store ${d.store} cannot be reached: ${d.what}`,
  },
  STORE_READ_ONLY: {
    retryable: false,
    message: (d: { store: string }) =>
      `store ${d.store} is read-only; check the file's and its folder's permissions, or the disk's mount`,
  },
  STORE_FULL: {
    retryable: true,
    message: (d: { store: string }) => `no space is left for store ${d.store}; free some, and what waits goes on by itself`,
  },
  STORE_BEHIND_LOG: {
    retryable: false,
    message: (d: { service: string; why: string }) =>
      `the store of "${d.service}" is behind the event log: ${d.why}. It was put back to an older state, by a restored backup or a replica that lags. Publishing has stopped: what is published waits in the store, and nothing of it is lost. Run "throughline store recover --store <store> --events <log>" to go on in a new numbering`,
  },
  STORE_CHANGED: {
    retryable: true,
    message: (d: { service: string }) =>
      `the store of "${d.service}" is no longer as it was found; somebody else recovered it or put it back meanwhile, so look again`,
  },
  STORE_CANNOT_REHEARSE: {
    retryable: false,
    message: (d: { store: string }) =>
      `store ${d.store} does not see what its client sends, so it cannot keep a handler from committing; handlers on it are not rehearsed: redrive with a canary instead`,
  },
  STORE_CLOSED: {
    retryable: false,
    message: (d: { store: string }) => `store ${d.store} was closed; open it again before using it`,
  },
  TX_REQUIRED: {
    retryable: false,
    message: (d: { given: string; expected: string }) =>
      `publish needs an open transaction as { tx }, and got ${d.given}; pass ${d.expected}, or say { tx: "none" } for a transaction of its own`,
  },
  TX_ENDED: {
    retryable: false,
    message: (_: Record<string, never>) =>
      "this transaction has ended; await every statement before the handler or the transaction callback returns",
  },
  TX_TOO_LONG: {
    retryable: false,
    message: (d: { limitMs: number }) =>
      `the transaction was open for more than ${d.limitMs} ms and was rolled back; do slow work outside of it, with { call, commit }, and await no other transaction of the same store inside it (publish with its { tx })`,
  },
  TX_CONFLICT: {
    retryable: true,
    message: (d: { what: string }) => `the transaction lost against another one (${d.what}) and is run again`,
  },
  TX_SHARING_ENDED: {
    retryable: true,
    message: (d: { statement: string }) =>
      `"${d.statement}" would outlive its event in a shared transaction; from now on each event of this handler gets a transaction of its own`,
  },
  TX_OVERLAP_ENDED: {
    retryable: true,
    message: (d: { statement: string }) =>
      `"${d.statement}" returns rows, locks, or begins a transaction, which handlers that overlap must not; from now on the events of this handler run one after the other`,
  },
  TX_STATEMENT_FAILED: {
    retryable: false,
    message: (d: { what: string }) =>
      `a statement of this handler failed (${d.what}); a handler whose statement failed is rolled back even if it caught the error; wrap the statement in a nested transaction to go on after it`,
  },
  COMMIT_UNKNOWN: {
    retryable: true,
    message: (d: { store: string }) =>
      `the connection to store ${d.store} was lost during COMMIT; its outcome is read from the cursor`,
  },
  INBOX_CONFLICT: {
    retryable: true,
    message: (d: { key: string }) => `event ${d.key} was handled by another transaction meanwhile`,
  },
  // --- logging
  LOGGER_FOREIGN: {
    retryable: false,
    message: (_: Record<string, never>) =>
      "the logger is not one of createLogger's: its lines could not be held back until the transaction's outcome is known; pass createLogger({ service, destination }), with a destination of your own if you need one",
  },
  // --- contracts and the envelope
  CONTRACT_INVALID: {
    retryable: false,
    message: (d: { type: string; problems: readonly Problem[] }) =>
      `the contract "${d.type}" cannot be used: ${sentences(d.problems)}`,
  },
  CONTRACT_READ_ONLY: {
    retryable: false,
    message: (d: { type: string; stream: string; why: "adopted" | "reader" }) =>
      d.why === "adopted"
        ? `"${d.type}" cannot be published: its contract adopts the existing topic "${d.stream}", which is only read; publish an event of a contract of your own (defineEvent), to a stream of your own`
        : `"${d.type}" cannot be published by what defineReader made of its contract, which says what a consumer reads and not what the event is; publish with the contract itself`,
  },
  CONTRACTS_LOCK_INVALID: {
    retryable: false,
    message: (d: { file: string; problems: readonly Problem[] }) =>
      `${d.file} is no contracts lock: ${sentences(d.problems)}; "throughline contracts push" writes one`,
  },
  EVENT_INVALID: {
    retryable: false,
    message: (d: { type: string; version: number; problems: readonly Problem[] }) =>
      `the data of ${d.type} does not match version ${d.version} of its contract: ${sentences(d.problems)}`,
  },
  EVENT_UNDECODABLE: {
    retryable: false,
    message: (d: { topic: string; partition: number; offset: number; where: string; problem: string }) =>
      `the record ${d.topic}/${d.partition}@${d.offset} is no event that can be read: ${d.where} ${d.problem}`,
  },
  EVENT_VERSION_UNKNOWN: {
    retryable: true,
    message: (d: { type: string; version: number; known: number }) =>
      `an event of ${d.type} has version ${d.version}, and this code knows only ${d.known}; it is kept until a version of the service that knows it is deployed`,
  },
  EVENT_SCHEMA_UNKNOWN: {
    retryable: true,
    message: (d: { type: string; id: number }) =>
      `an event of ${d.type} was written with schema ${d.id}, which neither the contracts lock nor the registry has told yet; it is kept until one of them does`,
  },
  SCHEMA_ID_UNKNOWN: {
    retryable: true,
    message: (d: { type: string; version: number; schemaType: string; why: string }) =>
      `${d.type} version ${d.version} is written as ${d.schemaType}, and the id of its schema is not known: ${d.why}; register it with "throughline contracts push", and give the service the lock that this writes (contractsLock), or the registry (schemaRegistry)`,
  },
  SCHEMA_REGISTRY_SLOW: {
    retryable: true,
    message: (d: { url: string; afterMs: number }) => `${d.url} did not answer within ${d.afterMs} ms; nobody waits for it`,
  },
  // --- service
  SERVICE_CANNOT_START: {
    retryable: false,
    message: (d: { service: string; problems: readonly string[] }) =>
      `service "${d.service}" cannot start:\n${d.problems.map((problem) => `  - ${problem}`).join("\n")}`,
  },
  SERVICE_NOT_STARTED: {
    retryable: false,
    message: (d: { service: string }) =>
      `service "${d.service}" has no store and was not started, so it has no event log to publish to; await service.start() first`,
  },
  SERVICE_ALREADY_RUNNING: {
    retryable: false,
    message: (d: { service: string }) =>
      `service "${d.service}" was started already; close what start() returned before starting it again`,
  },
  HANDLER_INVALID: {
    retryable: false,
    message: (d: { handler: string; problems: readonly string[] }) =>
      `handler "${d.handler}" is not usable: ${d.problems.join("; ")}`,
  },
  HANDLER_TIMEOUT: {
    retryable: false,
    message: (d: { handler: string; timeoutMs: number }) =>
      `handler "${d.handler}" did not settle within ${d.timeoutMs} ms and was rolled back; do slow work outside of the transaction, with { call, commit }, or raise timeoutMs`,
  },
  PUBLISH_OPTIONS_INVALID: {
    retryable: false,
    message: (d: { type: string; problems: readonly string[] }) =>
      `${d.type} cannot be published with these options: ${d.problems.join("; ")}`,
  },
  PUBLISH_WITHOUT_CAUSE: {
    retryable: false,
    message: (d: { handler: string; type: string }) =>
      `ctx.publish("${d.type}") in the set-based handler "${d.handler}" names no event of its call as the cause; pass { cause: event }`,
  },
  PUBLISH_IN_HANDLER: {
    retryable: false,
    message: (d: { handler: string; type: string }) =>
      `service.publish("${d.type}") was called inside handler "${d.handler}"; use the handler's ctx.publish, which publishes in the handler's own transaction`,
  },
  EVENT_PREDECESSOR_MISSING: {
    retryable: false,
    message: (d: { subject: string; from: number; to: number; deadlineMs: number }) =>
      `event ${d.from === d.to ? d.from : `${d.from} to ${d.to}`} of subject "${d.subject}" did not come within ${d.deadlineMs} ms; redrive or discard this letter to declare it lost, or publish it`,
  },
  EVENT_CRASHED_PROCESS: {
    retryable: false,
    message: (d: { deaths: number }) =>
      `the process died ${d.deaths} times while it ran this event and nothing else; look in its last log lines for a lack of memory, a call of process.exit, or a loop without end, repair the handler, and redrive the event`,
  },
  REHEARSAL_CRASHED: {
    retryable: false,
    message: (d: { how: string }) =>
      `the process that rehearsed this event died of it (${d.how}); look for a call of process.exit, a lack of memory, or a loop without end in its handler`,
  },
  REHEARSAL_IMPOSSIBLE: {
    retryable: false,
    message: (d: { service: string; problems: readonly string[] }) =>
      `nothing can be rehearsed in service "${d.service}":\n${d.problems.map((problem) => `  - ${problem}`).join("\n")}`,
  },
  EVENT_SEQUENCE_CONFLICT: {
    retryable: false,
    message: (d: { id: string; subject: string; number: SubjectNumber; position: SubjectNumber }) =>
      `event ${d.id} has number ${numberText(d.number)} of subject "${d.subject}", which stands at ${numberText(d.position)} and got there without it; two services publish to this stream, or its publisher's store was restored`,
  },
  CALL_OUTCOME_UNCERTAIN: {
    retryable: false,
    message: (d: { handler: string; event: string }) =>
      `a call of handler "${d.handler}" for event ${d.event} began, its outcome is not known, and its idempotency key may have expired; find out whether it happened, then redrive or discard it, or give the handler a check`,
  },
} as const;

interface SubjectNumber {
  readonly sequence: number;
  readonly sequenceEpoch: number;
}

/** The first numbering is not told: nearly every store has no other. */
function numberText({ sequence, sequenceEpoch }: SubjectNumber): string {
  return sequenceEpoch === 0 ? String(sequence) : `${sequence} (numbering ${sequenceEpoch})`;
}

interface Problem {
  /** JSON pointer. */
  readonly pointer: string;
  readonly message: string;
}

function sentences(problems: readonly Problem[]): string {
  return problems.map(({ pointer, message }) => (pointer === "" ? message : `${pointer} ${message}`)).join("; ");
}

export const coreError = errorTable(coreErrors);
