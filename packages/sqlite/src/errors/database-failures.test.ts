import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { SqliteFailureKind } from "../database/sqlite-failure.ts";
import { logFailure, storeFailure } from "./index.ts";

const expected: Record<SqliteFailureKind, [store: string, log: string]> = {
  busy: ["STORE_UNAVAILABLE", "LOG_UNAVAILABLE"],
  "read-only": ["STORE_READ_ONLY", "LOG_UNAVAILABLE"],
  full: ["STORE_FULL", "LOG_UNAVAILABLE"],
  "cannot-open": ["STORE_UNAVAILABLE", "LOG_UNAVAILABLE"],
  io: ["STORE_UNAVAILABLE", "LOG_UNAVAILABLE"],
  corrupt: ["SQLITE_FILE_UNUSABLE", "SQLITE_FILE_UNUSABLE"],
  "not-a-database": ["SQLITE_FILE_UNUSABLE", "SQLITE_FILE_UNUSABLE"],
  closed: ["STORE_CLOSED", "LOG_CLOSED"],
};

describe("database failures", () => {
  for (const [kind, codes] of Object.entries(expected) as [SqliteFailureKind, [string, string]][]) {
    it(`"${kind}" is ${codes.join(" and ")}, with its cause`, () => {
      const cause = new Error("from SQLite");
      const failure = { kind, file: "orders.db", what: "orders.db: something", commitUnknown: false, cause };
      const errors = [storeFailure("orders"), logFailure].map((map) => map(failure));
      assert.deepEqual(
        errors.map((error) => (error as Error & { code: string }).code),
        codes,
      );
      if (kind !== "closed") for (const error of errors) assert.equal(error.cause, cause);
    });
  }

  it("an IO error of COMMIT leaves the outcome open", () => {
    const error = storeFailure("orders")({ kind: "io", file: "orders.db", what: "x", commitUnknown: true, cause: undefined });
    assert.equal((error as Error & { code: string }).code, "COMMIT_UNKNOWN");
  });
});
