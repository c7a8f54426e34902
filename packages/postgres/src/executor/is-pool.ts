import type { Pool } from "pg";

/** A `pg` pool, also one of the application's own copy of `pg`. */
export function isPool(value: unknown): value is Pool {
  const { connect, query, options, totalCount } = (value ?? {}) as Partial<Pool>;
  return typeof connect === "function" && typeof query === "function" && typeof options === "object" && totalCount !== undefined;
}
