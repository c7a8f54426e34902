import { createMemoryLog, seededSurroundings, type SeededSurroundings } from "throughline";
import type { EventLog } from "throughline/seams";
import { auditTopic, type AuditEntry, type ControlAuditEntry } from "throughline/system-topics";
import { type Access, type AccessOptions, createAccess } from "../src/access/access.ts";
import { openSqliteAccessStore } from "../src/access/sqlite-access-store.ts";
import { createAudit } from "../src/audit/create-audit.ts";
import type { Grant, Role } from "../src/access/grants.ts";

/** Hashes of tests are made in a millisecond. */
export const cheap = { n: 64, r: 8, p: 1 };
export const goodPassword = "correct horse battery";
export const visitor = { address: "192.0.2.7", agent: "a browser" };
export const everywhere = (role: Role): Grant[] => [{ role, services: null }];

export interface AccessFixture {
  readonly access: Access;
  readonly log: EventLog;
  readonly surroundings: SeededSurroundings;
  /** What stands in the audit, oldest first. */
  audit(): Promise<(AuditEntry | ControlAuditEntry)[]>;
}

export async function accessFixture(options: Partial<AccessOptions> = {}): Promise<AccessFixture> {
  const log = createMemoryLog({ defaultPartitions: 1 });
  const surroundings = seededSurroundings(7);
  const access = createAccess({
    mode: "login",
    store: await openSqliteAccessStore(":memory:"),
    audit: createAudit({ log, surroundings }),
    surroundings,
    passwordCost: cheap,
    ...options,
  });
  return { access, log, surroundings, audit: () => auditOf(log) };
}

export async function auditOf(log: EventLog): Promise<(AuditEntry | ControlAuditEntry)[]> {
  if (!(await log.topics()).some(({ name }) => name === auditTopic)) return [];
  const entries: (AuditEntry | ControlAuditEntry)[] = [];
  for await (const batch of log.read({ topic: auditTopic, partition: 0, fromOffset: 0 }))
    for (const { value } of batch) entries.push(JSON.parse(Buffer.from(value!).toString()) as AuditEntry);
  return entries;
}
