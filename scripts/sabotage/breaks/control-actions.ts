import type { Break } from "../break.ts";

const source = "packages/control/src";
const api = "packages/control/test/alert-api.test.ts";
const postgres = "packages/control/test/lag-store-postgres.int.test.ts";
const postgresIndex = "packages/control/test/index-postgres.int.test.ts";
const config = "packages/control/test/control-config.test.ts";
const audit = "packages/control/test/audit.test.ts";

/** What is asked of the control plane: who asked, and what it says. */
export const controlActionBreaks: readonly Break[] = [
  {
    name: "a change is made without a word in the audit",
    rule: "R7",
    file: `${source}/audit/create-audit.ts`,
    find: "await audit(actor, intent);\n  try",
    replace: "try",
    tests: [audit],
  },
  {
    name: "a change goes on though it could not be written down",
    rule: "R7",
    file: `${source}/audit/create-audit.ts`,
    find: 'throw controlError("CONTROL_AUDIT_UNWRITTEN", { action: intent.action, what: (error as Error).message }, error);',
    replace: "void controlError;",
    tests: [audit],
  },
  {
    name: "a channel is shown with its whole address, which is a secret",
    rule: "R15",
    file: `${source}/alerts/http-target.ts`,
    find: "return this.#url.host;",
    replace: "return this.#url.href;",
    tests: [api],
  },
  {
    name: "an incident that has ended is acknowledged",
    rule: "R10",
    file: `${source}/server/routes/incident-routes.ts`,
    find: "if (incident.endedAtMs !== null) throw ended();",
    replace: "",
    tests: [api],
  },
  {
    name: "a password in a configuration is taken where everybody reads it",
    rule: "R15",
    file: `${source}/config/configured-channels.ts`,
    find: "if (holdsPassword(config.server))",
    replace: "if (holdsPassword(config.server) && false)",
    tests: [config],
  },
  {
    name: "an address that is none is shown, with the secret in it",
    rule: "R15",
    file: `${source}/alerts/http-target.ts`,
    find: 'problems.push("its URL is none; one begins with https://")',
    replace: "problems.push(`${arguments[1].url} is no URL`)",
    tests: [config],
  },
  {
    name: "on PostgreSQL a watcher writes while another takes its lease",
    rule: "R10",
    file: `${source}/lag/postgres/postgres-lag-store.ts`,
    find: "WHERE holder = $1 FOR UPDATE",
    replace: "WHERE holder = $1",
    tests: [postgres],
  },
  {
    name: "on PostgreSQL alerts of one incident overtake each other",
    rule: "R10",
    file: `${source}/lag/postgres/postgres-lag-store.ts`,
    find: "earlier.number < it.number",
    replace: "earlier.number < 0",
    tests: [postgres],
  },
  {
    name: "in PostgreSQL a batch is written again that another process wrote",
    rule: "R9",
    file: `${source}/index-store/postgres/places.ts`,
    find: "if (next !== from)",
    replace: "if (next < from)",
    tests: [postgresIndex],
  },
  {
    name: "in PostgreSQL names of a former index are used in the next one",
    rule: "R9",
    file: `${source}/index-store/postgres/postgres-index-store.ts`,
    find: "if (generation !== this.#generation) this.#forget();",
    replace: "",
    tests: [postgresIndex],
  },
  {
    name: "in PostgreSQL a letter that comes twice in one batch is two failures",
    rule: "R9",
    file: `${source}/index-store/postgres/letter-rows.ts`,
    find: "if (seen.has(id))",
    replace: 'if (seen.has("another"))',
    tests: [postgresIndex],
  },
  {
    name: "in PostgreSQL a letter that was replaced still counts in its group",
    rule: "R9",
    file: `${source}/index-store/postgres/letter-rows.ts`,
    find: "superseded: index === 0 ? 0 : 1",
    replace: "superseded: 0",
    tests: [postgresIndex],
  },
  {
    name: "in PostgreSQL the last word on a failure is the first that was indexed",
    rule: "R7",
    file: `${source}/index-store/postgres/failure-standings.ts`,
    find: "ORDER BY told_partition, told_offset`",
    replace: "ORDER BY told_partition DESC, told_offset DESC`",
    tests: [postgresIndex],
  },
];
