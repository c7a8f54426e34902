// What bad input does, case by case: its name, how it is brought about, and what is expected. Each is brought to two running
// services between two good events of the same partition; after each, no good event and no row is missing, and there is no
// dead letter but the one expected. A service that does not start goes on where it stood when the cause is mended.
import { after, before, describe, it } from "node:test";
import { openSqliteLog, sqlite } from "@throughline/sqlite";
import { createService, PermanentError, RetryLater } from "throughline";
import { handling, publishing, publishingWith, record, structured, throwing } from "./bad-input/bringing.ts";
import { cannotStart, type Case, check, dead, handled, ignored, NotPossibleHere, refused, told } from "./bad-input/case.ts";
import { InvoiceCreated, OrderPlaced } from "./bad-input/contracts.ts";
import { fullLog, fullWhileHandling, fullWhilePublishing, readOnlyLog, readOnlyWhileHandling } from "./bad-input/disk-trouble.ts";
import { newerVersion } from "./bad-input/newer-version.ts";
import * as oddHandlers from "./bad-input/odd-handlers.ts";
import * as oddPublishing from "./bad-input/odd-publishing.ts";
import * as oddRecords from "./bad-input/odd-records.ts";
import * as oddStarts from "./bad-input/odd-starts.ts";
import { onPortInUse, program } from "./bad-input/programs.ts";
import { billingService, quick, Shop } from "./bad-input/shop.ts";
import {
  altered,
  attempting,
  damaged,
  notADatabase,
  replaced,
  starting,
  startingAfter,
  unwritable,
} from "./bad-input/starting.ts";
import { badUtf8, goodData, numbered } from "./bad-input/wire.ts";

const twoMegabytes = "x".repeat(2 * 1024 * 1024);
const almostOneMegabyte = "x".repeat(1024 * 1024 - 1_000);
const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
const bare = { specversion: null, id: null, source: null, type: null, subject: null, time: null };
const note = () => undefined;

/** An older event: version 1 said amount, and version 2 had no currency. */
const older = (dataversion: string, data: object | null) =>
  record((subject) => ({ ce: { type: "order.changed", dataversion }, value: data && { order_id: subject, ...data } }));

const records: readonly Case[] = [
  ["no headers at all", record({ ce: bare, contentType: null }), dead("undecodable", /ce_specversion is missing/)],
  ["no specversion", record({ ce: { specversion: null } }), dead("undecodable", /ce_specversion is missing/)],
  ["specversion 0.3", record({ ce: { specversion: "0.3" } }), dead("undecodable", /ce_specversion is "0.3", and only "1.0"/)],
  ["no id", record({ ce: { id: null } }), dead("undecodable", /ce_id is missing/)],
  ["an empty id", record({ ce: { id: "" } }), dead("undecodable", /ce_id is empty/)],
  ["no source", record({ ce: { source: null } }), dead("undecodable", /ce_source is missing/)],
  ["no type", record({ ce: { type: null } }), dead("undecodable", /ce_type is missing/)],
  ["no subject", record({ ce: { subject: null } }), handled],
  ["no time", record({ ce: { time: null } }), handled],
  ["a time that is none", record({ ce: { time: "yesterday" } }), handled],
  ["no content type", record({ contentType: null }), handled],
  ["no key", record({ key: null }), handled],
  ["an id that is not UTF-8", record({ ce: { id: badUtf8 } }), dead("undecodable", /ce_id is not UTF-8: byte 1 is 0xff/)],
  ["a type that is not UTF-8", record({ ce: { type: badUtf8 } }), dead("undecodable", /ce_type is not UTF-8/)],
  ["a subject that is not UTF-8", record({ ce: { subject: badUtf8 } }), dead("undecodable", /ce_subject is not UTF-8/)],
  ["a value that is not UTF-8", record({ value: badUtf8 }), dead("undecodable", /the value is not UTF-8: byte 1 is 0xff/)],
  [
    "a value that is not JSON",
    record({ value: '{"order_id": ' }),
    dead("undecodable", /the value is not JSON: it ends too early/),
  ],
  ["an empty value", record({ value: "" }), dead("undecodable", /the value is not JSON: it is empty/)],
  ["no value: a tombstone", record({ value: null }), dead("invalid", /must be an object, but is null/)],
  ["a list for data", record({ value: [1] }), dead("invalid", /must be an object, but is \[1\]/)],
  [
    "a content type that is not JSON",
    record({ contentType: "text/plain" }),
    dead("invalid", /must be JSON, but the event's content type/),
  ],
  [
    "a missing field",
    record({ value: { order_id: "o", tenant_id: "t", placed_at: "2026-02-03T04:05:06Z" } }),
    dead("invalid", /\/total is missing/),
  ],
  [
    "wrong types, told at once",
    record({ value: { order_id: 1, tenant_id: "t", total: "5", placed_at: "soon" } }),
    dead("invalid", /\/order_id must be a string.*\/total must be an integer.*\/placed_at must be a valid date-time/),
  ],
  ["a property that nobody knows", record((subject) => ({ value: { ...goodData(subject), extra: 1 } })), handled],
  [
    "100,000 lists in each other, in a property that nobody knows",
    record((subject) => ({ value: JSON.stringify(goodData(subject)).replace("}", `,"extra":${deep}}`) })),
    handled,
  ],
  ["100,000 lists in each other for data", record({ value: deep }), dead("invalid", /must be an object/)],
  [
    "a subject of 10,000 characters with a NUL among them",
    record((subject) => ({ ce: { subject: `${subject}\0${"s".repeat(10_000)}`, ...numbered("1") } })),
    handled,
  ],
  ["the same record three times", oddRecords.threeTimes, handled],
  ["a type that nobody handles", record({ ce: { type: "order.audited" } }), ignored],
  ["2 MB, from a writer with another limit", oddRecords.fromWriterWithoutLimit(twoMegabytes), handled],
  [
    "2 MB that are no event",
    oddRecords.fromWriterWithoutLimit(twoMegabytes, { type: null }),
    dead("undecodable", /ce_type is missing/),
  ],

  [
    "structured: broken JSON",
    structured("{"),
    dead("undecodable", /the value is not JSON: it ends too early|the value is not JSON/),
  ],
  ["structured: no object", structured("[]"), dead("undecodable", /the value is no JSON object that holds an event/)],
  ["structured: no type", structured({ type: undefined }), dead("undecodable", /: type is missing/)],
  ["structured: an id that is no text", structured({ id: ["a"] }), dead("undecodable", /: id is an array/)],
  ["structured: no data", structured({ data: undefined }), dead("invalid", /must be an object, but is null/)],
  [
    "structured: half a character as subject",
    structured({ subject: "\ud800", ...numbered("1") }),
    dead("undecodable", /subject is not well-formed Unicode/),
  ],
  ["structured: half a character as id", structured({ id: "\ud800" }), dead("undecodable", /id is not well-formed Unicode/)],
  [
    "structured: a batch",
    record({ contentType: "application/cloudevents-batch+json", value: [] }),
    dead("undecodable", /content-type is "application\/cloudevents-batch\+json"/),
  ],

  [
    "a sequence of ours that is no number",
    record({ ce: numbered("first") }),
    dead("undecodable", /ce_sequence is "first", which is no whole number/),
  ],
  ["a sequence of ours that is 0", record({ ce: numbered("0") }), dead("undecodable", /ce_sequence is "0"/)],
  ["a sequence of ours below 0", record({ ce: numbered("-1") }), dead("undecodable", /ce_sequence is "-1"/)],
  [
    "a sequence of ours above 2^53",
    record({ ce: numbered("99999999999999999999") }),
    dead("undecodable", /ce_sequence is "99999999999999999999"/),
  ],
  [
    "a sequence epoch of ours that is no number",
    record({ ce: numbered("1", { sequenceepoch: "x" }) }),
    dead("undecodable", /ce_sequenceepoch is "x"/),
  ],
  ["a sequence of ours without a subject", record({ ce: { subject: null, ...numbered("7") } }), handled],
  ["a sequence of somebody else's", record({ ce: { sequence: "first" } }), handled],

  ["a data version that is no number", record({ ce: { dataversion: "one" } }), handled],
  [
    "a newer version: parked, and handled by the next deploy",
    newerVersion("deploy"),
    told(/waits for a newer deploy of this service/),
  ],
  [
    "a newer version: a dead letter after a day, not before",
    newerVersion("a day passes"),
    told(/has version 3, and this code knows only 2/),
  ],
  ["an older version with an upcaster", older("1", { amount: 3 }), handled],
  [
    "an older version whose upcaster throws",
    older("1", {}),
    dead("invalid", /cannot be lifted from version 1 to 2: RangeError: version 1 always had an amount/),
  ],
  ["an older version that is no object", older("1", null), dead("invalid", /cannot be lifted from version 1 to 2: TypeError/)],
  ["an older version without an upcaster that fits", older("2", { total: 3, currency: "EUR" }), handled],
  ["an older version without an upcaster that does not fit", older("2", { total: 3 }), dead("invalid", /\/currency is missing/)],

  ["requests to redrive that are none", oddRecords.brokenRedrives, dead("permanent", /never/)],
  ["commands that are none", oddRecords.brokenCommands, handled],
];

const publishes: readonly Case[] = [
  [
    "wrong types: one error, a pointer for each",
    publishing((data) => ({ ...data, total: "5", lines: [{ sku: 1, count: 0 }] })),
    refused(
      "EVENT_INVALID",
      /\/total must be an integer, but is "5".*\/lines\/0\/sku must be a string.*\/lines\/0\/count must be at least 1/,
    ),
  ],
  [
    "a property that the contract does not know",
    publishing((data) => ({ ...data, extra: 1 })),
    refused("EVENT_INVALID", /\/extra is not in the contract/),
  ],
  ["no data", publishing(() => undefined), refused("EVENT_INVALID", /must be an object, but is undefined/)],
  [
    "NaN, a Date, a bigint",
    publishing((data) => ({ ...data, total: Number.NaN, placed_at: new Date(0), note: 1n })),
    refused(
      "EVENT_INVALID",
      /\/total must be an integer, but is NaN.*\/placed_at must be a string, but is a Date.*\/note must be a string, but is 1n/,
    ),
  ],
  [
    "an object with another face as JSON",
    publishing((data) => Object.assign(new oddPublishing.TwoFaced(), data)),
    refused("EVENT_INVALID", /must be plain data, and has a toJSON/),
  ],
  [
    "an empty subject",
    publishing((data) => ({ ...data, order_id: "" })),
    refused("EVENT_INVALID", /\/order_id must not be empty/),
  ],
  [
    "half a character as tenant",
    publishing((data) => ({ ...data, tenant_id: "\ud800" })),
    refused("EVENT_INVALID", /\/tenant_id must be well-formed Unicode/),
  ],
  [
    "2 MB",
    publishing((data) => ({ ...data, note: twoMegabytes })),
    refused("LOG_RECORD_TOO_LARGE", /larger than the log's limit of 1048576 bytes; send a reference/),
  ],
  ["no options", publishingWith(undefined), refused("TX_REQUIRED", /got undefined; pass the tx that store\.transaction/)],
  ["no tx", publishingWith({}), refused("TX_REQUIRED", /got undefined; pass the tx/)],
  ["a tx that is a text", publishingWith({ tx: "mine" }), refused("TX_REQUIRED", /got a string; pass the tx/)],
  ["a tx that is none", publishingWith({ tx: {} }), refused("TX_REQUIRED", /got an object that is no transaction/)],
  ["a tx that has ended", oddPublishing.publishInEndedTransaction, refused("TX_REQUIRED", /got a transaction that has ended/)],
  ["a tx of another store", oddPublishing.publishInOtherStore, refused("TX_REQUIRED", /got a transaction of another store/)],
  ["a reading tx", oddPublishing.publishWhileReading, refused("TX_REQUIRED", /got a reading transaction/)],
  [
    "a tx in which a statement failed",
    oddPublishing.publishAfterFailedStatement,
    refused("TX_STATEMENT_FAILED", /no such table: nowhere/),
  ],
  [
    "inside another transaction, with one of its own",
    oddPublishing.publishBesideTransaction,
    refused("TX_TOO_LONG", /await no other transaction of the same store inside it \(publish with its \{ tx \}\)/),
  ],
  ["an empty id", publishingWith({ tx: "none", id: "" }), refused("PUBLISH_OPTIONS_INVALID", /id must not be empty/)],
  [
    "an id that is no text",
    publishingWith({ tx: "none", id: 7 }),
    refused("PUBLISH_OPTIONS_INVALID", /id must be text, but is a number/),
  ],
  [
    "half a character as id",
    publishingWith({ tx: "none", id: "\ud800" }),
    refused("PUBLISH_OPTIONS_INVALID", /id must be well-formed Unicode/),
  ],
  [
    "an empty correlation id",
    publishingWith({ tx: "none", correlationId: "" }),
    refused("PUBLISH_OPTIONS_INVALID", /correlationId must not be empty/),
  ],
  [
    "nothing in the contract's place",
    publishingWith({ tx: "none" }, null),
    refused("CONTRACT_INVALID", /was not made by defineEvent/),
  ],
  [
    "a type in the contract's place",
    publishingWith({ tx: "none" }, "order.placed"),
    refused("CONTRACT_INVALID", /was not made by defineEvent/),
  ],
  [
    "a contract with everything wrong",
    oddPublishing.defineNonsense,
    refused(
      "CONTRACT_INVALID",
      /\/type must be dot-separated words.*\/version must be an integer of at least 1.*\/subject must be a property of the data/,
    ),
  ],
  [
    "before start, without a store",
    oddPublishing.publishBeforeStart,
    refused("SERVICE_NOT_STARTED", /await service\.start\(\) first/),
  ],
  ["before start, with a store: it leaves when it starts", oddPublishing.publishThenStart, told(/handled/)],
];

const handlers: readonly Case[] = [
  ["throws a text", throwing(() => "a text"), dead("failed", /a value that is no Error was thrown: a text/)],
  ["throws undefined", throwing(() => undefined), dead("failed", /no Error was thrown: undefined/)],
  ["throws undefined, in transactions of its own", oddHandlers.throwsUndefinedAlone, told(/no Error was thrown: undefined/)],
  ["throws null", throwing(() => null), dead("failed", /no Error was thrown: null/)],
  ["throws a symbol", throwing(() => Symbol("s")), dead("failed", /no Error was thrown: Symbol\(s\)/)],
  [
    "throws a bare object that contains itself",
    throwing(oddHandlers.bareCircle),
    dead("failed", /no Error was thrown: \[object Object\]/),
  ],
  ["throws a frozen error", throwing(() => Object.freeze(new Error("frozen"))), dead("failed", /^frozen$/)],
  [
    "throws an error whose message throws",
    throwing(() => oddHandlers.errorWith("message")),
    dead("failed", /a value was thrown that cannot be read/),
  ],
  [
    "throws an error whose code throws",
    throwing(() => oddHandlers.errorWith("code")),
    dead("failed", /a value was thrown that cannot be read/),
  ],
  [
    "throws an error whose message is no text",
    throwing(() => Object.assign(new Error(), { message: { a: 1 }, name: 5, stack: [] })),
    dead("failed", /^\{"a":1\}$/),
  ],
  ["throws a proxy that throws", throwing(oddHandlers.throwingProxy), dead("failed", /a value was thrown that cannot be read/)],
  ["throws an error of 2 MB", throwing(() => new Error(twoMegabytes)), dead("failed", /^x{2000}…$/)],
  ["throws PermanentError", throwing(() => new PermanentError("never")), dead("permanent", /^never$/)],
  ["asks for a time that is no whole number", oddHandlers.asksForLater(7 / 3), handled],
  ["asks for a time that is none", throwing(() => new RetryLater(Number.NaN)), dead("failed", /try again in NaN ms/)],
  ["asks for no wait, again and again", oddHandlers.alwaysAsksForLater, told(/others were handled/)],
  [
    "swallows a failed statement",
    handling(oddHandlers.swallowsFailedStatement),
    dead("failed", /a statement of this handler failed \(no such table: nowhere\)/),
  ],
  [
    "breaks a constraint",
    handling(({ tx }) => tx.run("INSERT INTO noted SELECT * FROM noted LIMIT 1")),
    dead("failed", /UNIQUE constraint failed/),
  ],
  [
    "binds a Date",
    handling(({ tx }) => tx.run("INSERT INTO noted VALUES (?, 'o', 1)", new Date() as never)),
    dead("failed", /a parameter is of the kind Date, which SQLite cannot hold; encode it/),
  ],
  [
    "awaits another transaction of its store",
    handling((_, shop) => shop.billingStore.transaction(() => 1)),
    dead("failed", /did not settle within 900 ms/),
  ],
  [
    "breaks a constraint that is checked at COMMIT",
    handling(oddHandlers.breaksDeferredConstraint),
    dead("failed", /FOREIGN KEY constraint failed/),
  ],
  [
    "opens BEGIN and never commits",
    handling(({ tx }) => tx.run("BEGIN")),
    dead("failed", /a transaction begun inside it was not ended/),
  ],
  [
    "commits what it did not begin",
    handling(({ tx }) => tx.run("COMMIT")),
    dead("failed", /ends a transaction that was not begun here/),
  ],
  [
    "rolls everything back",
    handling(({ tx }) => tx.run("INSERT OR ROLLBACK INTO noted SELECT * FROM noted LIMIT 1")),
    dead("failed", /UNIQUE constraint failed/),
  ],
  [
    "calls service.publish",
    handling((_, shop) => shop.billing.publish(InvoiceCreated, { order_id: "o", total: 1 }, { tx: "none" })),
    dead("failed", /service\.publish\("invoice\.created"\) was called inside handler "note"; use the handler's ctx\.publish/),
  ],
  [
    "publishes what does not match",
    handling(({ publish }) => publish(InvoiceCreated, { order_id: "o" } as never)),
    dead("failed", /\/total is missing/),
  ],
  [
    "publishes 2 MB",
    handling(({ publish }) => publish(InvoiceCreated, { order_id: "o", total: 1, note: twoMegabytes })),
    dead("failed", /larger than the log's limit/),
  ],
  ["uses its tx and publishes when it is over", oddHandlers.usesContextLate, handled],
  ["never settles", handling(() => new Promise(() => undefined)), dead("failed", /did not settle within 900 ms/)],
  [
    "fails on an event of almost 1 MB: the letter leaves room",
    oddHandlers.failsOnLargeEvent(almostOneMegabyte),
    dead("permanent", /^never$/),
  ],
  [
    "fails on an event of 900 KB: the request to redrive it is small",
    oddHandlers.failsOnLargeEvent("x".repeat(900_000)),
    dead("permanent", /^never$/),
  ],
  [
    "call: throws a proxy that throws",
    oddHandlers.calling({ call: oddHandlers.rejecting(oddHandlers.throwingProxy) }),
    told(/a value was thrown that cannot be read/),
  ],
  [
    "call: throws undefined",
    oddHandlers.calling({ call: oddHandlers.rejecting(() => undefined) }),
    told(/no Error was thrown: undefined/),
  ],
  [
    "call: never settles",
    oddHandlers.calling({ call: () => new Promise(() => undefined) }, { timeoutMs: 50 }),
    told(/did not settle within 50 ms/),
  ],
  [
    "call: its commit throws undefined",
    oddHandlers.calling({ call: async () => 1, commit: oddHandlers.rejecting(() => undefined) }),
    told(/no Error was thrown: undefined/),
  ],
  [
    "call: its commit breaks a constraint that is checked at COMMIT",
    oddHandlers.calling({
      call: async () => 1,
      commit: (_result, _event, context) => oddHandlers.breaksDeferredConstraint(context),
    }),
    told(/FOREIGN KEY constraint failed/),
  ],
];

const starts: readonly Case[] = [
  [
    "two handlers of one name",
    starting(({ parts }) => billingService(parts).on(OrderPlaced, "note", note)),
    cannotStart(/two handlers are named "note"; each needs a name of its own/),
  ],
  [
    "a handler without from",
    starting(({ parts }) => createService({ ...parts, name: "billing", log: { silent: true } }).on(OrderPlaced, "note", note)),
    cannotStart(/handler "note" has nowhere to start; give it or the service a "from"/),
  ],
  [
    "everything wrong at once",
    starting(({ parts }) =>
      billingService({ ...parts, name: "bill ing", eventLog: undefined as never }).on(OrderPlaced, "note", note, {
        order: "random" as never,
      }),
    ),
    cannotStart(
      /"bill ing" is no service name.*it has no event log.*order must be "sequential" or "latest" or "any", and is "random"/s,
    ),
  ],
  [
    "a handler that is no function",
    starting(({ parts }) => billingService(parts).on(OrderPlaced, "other", undefined as never)),
    cannotStart(/handler "other" is not usable: it is neither a function nor \{ call, commit, check \}/),
  ],
  [
    "a handler of nothing",
    starting(({ parts }) => billingService(parts).on([], "other", note)),
    cannotStart(/it handles no contract/),
  ],
  [
    "a handler of what is no contract",
    starting(({ parts }) => billingService(parts).on(undefined as never, "other", note)),
    cannotStart(/what it handles was not made by defineEvent; check the import/),
  ],
  [
    "a handler without a name",
    starting(({ parts }) => billingService(parts).on(OrderPlaced, undefined as never, note)),
    cannotStart(/undefined is no handler name/),
  ],
  [
    "a start that is none",
    starting(({ parts }) => billingService(parts).on(OrderPlaced, "other", note, { from: "begin" as never })),
    cannotStart(/from must be "earliest", "latest", "group" or \{ timeMs \}, and is "begin"/),
  ],
  [
    "delays that are none",
    starting(({ parts }) => billingService(parts).on(OrderPlaced, "other", note, { retryDelaysMs: [Number.NaN] })),
    cannotStart(/retryDelaysMs must hold milliseconds, up to a year, and holds NaN/),
  ],
  [
    "a time limit of 0",
    starting(({ parts }) => billingService(parts).on(OrderPlaced, "other", note, { timeoutMs: 0 })),
    cannotStart(/timeoutMs must be more than 0, and is 0/),
  ],
  [
    "a time limit that the store cannot keep",
    starting(({ parts }) => billingService(parts).on(OrderPlaced, "other", note, { timeoutMs: 60_000 })),
    cannotStart(/timeoutMs 60000 does not fit in the store's limit of 1000 ms/),
  ],
  [
    "an option that nobody knows",
    starting(({ parts }) => billingService(parts).on(OrderPlaced, "other", note, { retryDelayMs: 5 } as never)),
    cannotStart(/there is no option "retryDelayMs"/),
  ],
  [
    "handlers and no store",
    starting(({ parts }) =>
      createService<never>({ ...quick, name: "billing", eventLog: parts.eventLog }).on(OrderPlaced, "note", note),
    ),
    cannotStart(/it has handlers and no store/),
  ],
  [
    "an address in the log's place",
    starting(({ parts, logFile }) => billingService({ ...parts, eventLog: logFile as never })),
    cannotStart(/it has no event log; give it one that is open, or a function/),
  ],
  [
    "an address in the store's place",
    starting(({ parts, storeFile }) =>
      createService({ ...quick, name: "billing", eventLog: parts.eventLog, store: storeFile as never }),
    ),
    cannotStart(/what it has for a store is none; give it one: store: sqlite/),
  ],
  [
    "what it publishes is no contract",
    starting(({ parts }) => billingService({ ...parts, publishes: [undefined as never] })),
    cannotStart(/what it publishes was not made by defineEvent/),
  ],
  ["two starts", oddStarts.startTwice, refused("SERVICE_ALREADY_RUNNING", /was started already/)],
  ["two starts at once", oddStarts.startTwiceAtOnce, refused("SERVICE_ALREADY_RUNNING", /was started already/)],
  ["a handler declared after the start", oddStarts.declareLate, refused("HANDLER_INVALID", /it was declared after start/)],
  ["a log that refuses the group", attempting(oddStarts.startWithoutGroup), cannotStart(/no group today/)],

  [
    "a store that was not migrated",
    starting(({ parts, folder }) => billingService({ ...parts, store: sqlite({ file: `${folder}/new.db`, migrate: false }) })),
    cannotStart(/is at migration 0 and this version needs \d+; run "throughline store migrate"/),
  ],
  [
    "a store of another service",
    starting(({ parts }) => billingService({ ...parts, name: "invoices" })),
    cannotStart(/belongs to the service "billing", not "invoices"/),
  ],
  [
    "a store newer than the code",
    startingAfter(altered((place) => place.storeFile, "INSERT INTO throughline_migrations VALUES (99, 'later', 99, 0)")),
    cannotStart(/is at migration 99, and this version knows only \d+; deploy a version/),
  ],
  [
    "a store that is no database",
    startingAfter(replaced((place) => place.storeFile, notADatabase)),
    cannotStart(/billing\.db cannot be used .*it is no SQLite database.*restore it from a backup/),
  ],
  [
    "a store that is damaged",
    startingAfter(replaced((place) => place.storeFile, damaged)),
    cannotStart(/billing\.db cannot be used .*its content is damaged.*restore it from a backup/),
  ],
  [
    "a store that is a folder",
    starting(({ parts, folder }) => billingService({ ...parts, store: sqlite(folder) })),
    cannotStart(/cannot be reached: .*it cannot be opened or created; check the folder/),
  ],
  [
    "a store in a folder that is a file",
    starting(({ parts, storeFile }) => billingService({ ...parts, store: sqlite(`${storeFile}/billing.db`) })),
    cannotStart(/it cannot be opened or created; check the folder/),
  ],
  [
    "a store with tables that are no SQL",
    starting(({ parts, storeFile }) => billingService({ ...parts, store: sqlite({ file: storeFile, tables: "CREATE TABL x" }) })),
    cannotStart(/tables.*near "TABL": syntax error/),
  ],
  [
    "a store file that is read-only",
    startingAfter(unwritable((place) => place.storeFile)),
    cannotStart(/billing\.db is read-only; check the file's and its folder's permissions, or the disk's mount/),
  ],
  [
    "a folder that is read-only",
    startingAfter(unwritable((place) => place.folder)),
    cannotStart(/billing\.db is read-only|billing\.db cannot be reached/),
  ],
  [
    "an address of another kind for the store",
    starting(({ parts }) => billingService({ ...parts, store: sqlite("postgres://localhost/billing") })),
    refused("SQLITE_ADDRESS_INVALID", /"postgres:\/\/localhost\/billing" is no address of an SQLite file/),
  ],

  ["a log whose folder is missing: it is made", oddStarts.logInNewFolder, told(/handled/)],
  [
    "a log of another kind",
    starting(({ parts }) => billingService({ ...parts, eventLog: () => openSqliteLog("kafka://localhost:9092") })),
    cannotStart(/"kafka:\/\/localhost:9092" is no address of an SQLite file; write it as sqlite:/),
  ],
  [
    "a log that is no database",
    startingAfter(replaced((place) => place.logFile, notADatabase)),
    cannotStart(/events\.db cannot be used .*it is no SQLite database/),
  ],
  [
    "a log that is damaged",
    startingAfter(replaced((place) => place.logFile, damaged)),
    cannotStart(/events\.db cannot be used .*its content is damaged/),
  ],
];

const surroundings: readonly Case[] = [
  [
    "a full disk under a publisher's store",
    fullWhilePublishing,
    told(/^STORE_FULL: no space is left for store .*orders\.db; free some/),
  ],
  ["a full disk under a consumer's store", fullWhileHandling, told(/no space is left for store .*billing\.db; free some/)],
  ["a full disk under the log", fullLog, told(/the outbox cannot be carried to the log; its events wait in the store/)],
  [
    "a log file that is read-only",
    readOnlyLog,
    told(/events\.db: it, its -wal or -shm file, its folder or its disk is read-only.*its events wait in the store/),
  ],
  [
    "a log that was deleted and made anew",
    oddStarts.logMadeAnew,
    told(
      /topic "order" was deleted and created again: handler "note" has not moved, so that events of the former one that it never read are not skipped silently; .*accept-loss billing note/,
    ),
  ],
  ["a store that becomes read-only", readOnlyWhileHandling, told(/billing\.db is read-only/)],
  [
    "two instances of one name: the first one stops, and says so",
    oddStarts.twoOfOneName,
    told(/another member joined group "billing" as instance "one".*give each running instance a name/),
  ],
  [
    "a port in use, at the shop's front door",
    onPortInUse("examples/shop/after/orders/main.ts", "SHOP_ORDERS_PORT"),
    told(/^exit 1: orders: port \d+ on 127\.0\.0\.1 is in use; end the program that uses it, or set SHOP_ORDERS_PORT/),
  ],
  [
    "a port in use, and nothing done about it",
    onPortInUse("e2e/bad-input/port-program.ts", "PORT"),
    told(/^exit 1: .*"msg":"listen EADDRINUSE: address already in use 127\.0\.0\.1:\d+"/),
  ],
  [
    "a log of another kind, for the shop",
    program("examples/shop/after/billing/main.ts", () => ({ THROUGHLINE_EVENTS: "pulsar://localhost:6650" })),
    told(/^exit 1: .*THROUGHLINE_EVENTS is \\"pulsar:\/\/localhost:6650\\"; give sqlite:<file>, or kafka:/),
  ],
  [
    "a log of another kind, for the command line",
    program("packages/cli/src/main.ts", () => ({}), ["lag", "--events", "pulsar://localhost:6650"]),
    told(/^exit 2: .*"pulsar:\/\/localhost:6650" is no event log this command can open/),
  ],
  [
    "brokers that do not answer, for the shop",
    program("examples/shop/after/billing/main.ts", () => ({ THROUGHLINE_EVENTS: "kafka://127.0.0.1:1" })),
    told(/^exit 1: .*cannot start:.*no broker answers \(127\.0\.0\.1:1: connect ECONNREFUSED/),
  ],
  [
    "brokers that do not answer, for the command line",
    program("packages/cli/src/main.ts", () => ({}), ["lag", "--events", "kafka://127.0.0.1:1"]),
    told(/^exit 1: .*no broker answers \(127\.0\.0\.1:1: connect ECONNREFUSED/),
  ],
];

let shop: Shop;
let isSpoiled = false;
before(async () => {
  shop = await Shop.open();
});
after(() => shop.close());

const tables = {
  "a record that others wrote": records,
  publish: publishes,
  "a handler": handlers,
  "a start": starts,
  surroundings,
};
for (const [of, cases] of Object.entries(tables)) {
  describe(`bad input, ${of}`, () => {
    for (const [index, each] of cases.entries()) {
      it(each[0], { timeout: 30_000 }, async (t) => {
        // One that failed may have left anything behind: the next one gets a shop of its own.
        if (isSpoiled) {
          await shop.close();
          shop = await Shop.open();
        }
        isSpoiled = true;
        try {
          await check(each, shop, `${of.replaceAll(" ", "-")}-${index}`);
        } catch (error) {
          if (!(error instanceof NotPossibleHere)) throw error;
          t.skip(error.message);
        }
        isSpoiled = false;
      });
    }
  });
}
