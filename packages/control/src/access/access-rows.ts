import type { StoredSession, StoredToken, StoredUser } from "./access-store.ts";
import type { Grant } from "./grants.ts";

/** A row of a store's tables, whose columns have the same names in each. */
export type AccessRow = Readonly<Record<string, unknown>>;

/** A row as what it holds; null where there is none. */
export const oneIn = <T>(read: (row: AccessRow) => T, row: AccessRow | undefined): T | null =>
  row === undefined ? null : read(row);

export const isAdmin = (grants: readonly Grant[]): boolean => grants.some(({ role }) => role === "admin");

/** Null where the column is. */
export const grantsIn = (value: unknown): readonly Grant[] | null =>
  typeof value === "string" ? (JSON.parse(value) as readonly Grant[]) : null;

const numberOrNull = (value: unknown): number | null => (value === null ? null : Number(value));

export const userIn = (row: AccessRow): StoredUser => ({
  name: String(row["name"]),
  passwordHash: String(row["password_hash"]),
  grants: grantsIn(row["grants"])!,
  isLocked: Boolean(row["is_locked"]),
  createdAtMs: Number(row["created_ms"]),
  createdBy: String(row["created_by"]),
  loggedInAtMs: numberOrNull(row["logged_in_ms"]),
});

export const sessionIn = (row: AccessRow): StoredSession => ({
  id: String(row["id"]),
  hash: String(row["hash"]),
  user: String(row["user_name"]),
  grants: grantsIn(row["grants"]),
  createdAtMs: Number(row["created_ms"]),
  seenAtMs: Number(row["seen_ms"]),
  endsAtMs: Number(row["ends_ms"]),
  address: String(row["address"]),
  agent: String(row["agent"]),
});

export const tokenIn = (row: AccessRow): StoredToken => ({
  id: String(row["id"]),
  hash: String(row["hash"]),
  name: String(row["name"]),
  grants: grantsIn(row["grants"])!,
  createdBy: String(row["created_by"]),
  createdAtMs: Number(row["created_ms"]),
  expiresAtMs: Number(row["expires_ms"]),
  usedAtMs: numberOrNull(row["used_ms"]),
});
