import type { Break } from "../break.ts";

const rehearsal = ["packages/core/test/rehearsal.test.ts"];
const command = ["packages/cli/test/rehearse.int.test.ts"];

/** What a rehearsal of a build promises: nothing stays, and the redrive comes to the same. */
export const rehearsalBreaks: readonly Break[] = [
  {
    name: "a rehearsal is committed",
    rule: "R7",
    file: "packages/core/src/memory/memory-store.ts",
    find: "if (!isRehearsal) commit(transaction);",
    replace: "commit(transaction);",
    tests: rehearsal,
  },
  {
    name: "a rehearsal is committed on SQLite",
    rule: "R7",
    file: "packages/sqlite/src/store/sqlite-store.ts",
    find: "if (isRehearsal) throw new Rehearsed(result);",
    replace: "if (isRehearsal) return result;",
    tests: ["packages/sqlite/test/store.conformance.int.test.ts"],
  },
  {
    name: "a rehearsal on PostgreSQL leaves the places of subjects",
    rule: "R7",
    file: "packages/postgres/src/store/position-locks.ts",
    find: "this.#transaction.afterRehearsal.push(",
    replace: "void (",
    tests: ["packages/postgres/test/rehearsal.int.test.ts"],
  },
  {
    name: "a rehearsal does not ask what COMMIT would",
    rule: "R7",
    file: "packages/postgres/src/store/check-deferred.ts",
    find: "await transaction.sendRaw(checkSql);",
    replace: "",
    tests: ["packages/postgres/test/rehearsal.int.test.ts"],
  },
  {
    name: "a rehearsal claims its store",
    rule: "R13",
    file: "packages/sqlite/src/store/claim-store.ts",
    find: "if (asFound) return;",
    replace: "",
    tests: ["packages/sqlite/test/rehearsal.int.test.ts"],
  },
  {
    name: "letters of a subject are rehearsed each by itself",
    rule: "R7",
    file: "packages/core/src/rehearsal/rehearse-letters.ts",
    find: 'const key = subject === "" ? letter.failureId :',
    replace: "const key = subject !== null ? letter.failureId :",
    tests: rehearsal,
  },
  {
    name: "a rehearsal makes calls",
    rule: "R7",
    file: "packages/core/src/rehearsal/subject-rehearsal.ts",
    find: 'results.set(id, "calls", "its call is not made in a rehearsal");',
    replace: 'results.set(id, "applied", null);',
    tests: rehearsal,
  },
  {
    name: "an event that a process died of is rehearsed again",
    rule: "R6",
    file: "packages/core/src/rehearsal/subject-rehearsal.ts",
    find: "if (how !== undefined)",
    replace: 'if (how === "never")',
    tests: rehearsal,
  },
  {
    name: "a handler does not know that it is rehearsed",
    rule: "R7",
    file: "packages/core/src/handling/invocation-context.ts",
    find: "return this.#run.place.scope.isRehearsal;",
    replace: "return false;",
    tests: rehearsal,
  },
  {
    name: "letters of another service are rehearsed",
    rule: "R7",
    file: "packages/cli/src/rehearsal/choose-letters.ts",
    find: "if (other === undefined) return;",
    replace: "if (other !== null) return;",
    tests: command,
  },
  {
    name: "a report may tell of another service's failures",
    rule: "R15",
    file: "packages/control/src/redrive/rehearsed-build.ts",
    find: "if (failure.service !== service)",
    replace: 'if (failure.service === "")',
    tests: ["packages/control/test/rehearsed-builds.test.ts"],
  },
];
