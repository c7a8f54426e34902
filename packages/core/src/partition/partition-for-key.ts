import { murmur2 } from "./murmur2.ts";

/**
 * The partition of a key, as Kafka's default partitioner for the Java client decides it: an empty key counts as a key.
 *
 * @example
 *   partitionForKey(new TextEncoder().encode("order-17"), 6); // always the same of 0 … 5
 */
export function partitionForKey(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions;
}
