import type { EventContract } from "./event-contract.ts";

/** Whether `value` is what `defineEvent` or `adoptEvent` makes, in this copy of the package or another one. */
export function isContract(value: unknown): value is EventContract {
  if (typeof value !== "object" || value === null) return false;
  const { type, version, stream, subject, schema, upcast } = value as Partial<Record<keyof EventContract, unknown>>;
  const isObject = (part: unknown): boolean => typeof part === "object" && part !== null;
  return (
    typeof type === "string" &&
    typeof version === "number" &&
    typeof stream === "string" &&
    typeof subject === "string" &&
    isObject(schema) &&
    isObject(upcast)
  );
}
