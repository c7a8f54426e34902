import { createHmac } from "node:crypto";
import { isIPv6 } from "node:net";
import { controlError } from "../errors/catalogue.ts";
import type { AccessStore, Attempt } from "./access-store.ts";

const minuteMs = 60_000;
const buckets = 65_536;
const ofUser = { burst: 10, everyMs: minuteMs };
const ofAddress = { burst: 30, everyMs: 6_000 };

/**
 * How often a password may be tried: ten times for a user and then once a minute, thirty times from an address and then ten times a
 * minute, at whichever control plane of a store. What succeeds does not count. Counts are kept by a keyed hash, in a table that never
 * grows: whoever makes up names can push nobody out of it. Two names that meet in a bucket share its limit, and nobody can choose which do.
 */
export class LoginLimits {
  readonly #store: Pick<AccessStore, "key" | "takeAttempts" | "giveBackAttempts">;

  constructor(store: Pick<AccessStore, "key" | "takeAttempts" | "giveBackAttempts">) {
    this.#store = store;
  }

  /**
   * Counts an attempt before its password is looked at, so that many at once get no further than one after the other. Answers with what
   * takes it back.
   * @throws ACCESS_TOO_MANY_ATTEMPTS
   */
  async begin(user: string, address: string, nowMs: number): Promise<() => Promise<void>> {
    const attempts: readonly Attempt[] = [
      { bucket: this.#bucket(`user ${user}`), limit: ofUser },
      { bucket: buckets + this.#bucket(`address ${networkOf(address)}`), limit: ofAddress },
    ];
    const waitMs = await this.#store.takeAttempts(attempts, nowMs);
    if (waitMs > 0) throw controlError("ACCESS_TOO_MANY_ATTEMPTS", { seconds: Math.ceil(waitMs / 1000) });
    return () => this.#store.giveBackAttempts(attempts);
  }

  #bucket(key: string): number {
    return createHmac("sha256", this.#store.key).update(key).digest().readUInt32LE(0) % buckets;
  }
}

/** Whoever has one IPv6 address has the /64 around it. */
function networkOf(address: string): string {
  const [bare = ""] = address.split("%");
  if (!isIPv6(bare) || bare.startsWith("::ffff:")) return bare;
  const [head = "", tail] = bare.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  const words = [...before, ...Array.from({ length: zeros }, () => "0"), ...after];
  return words
    .slice(0, 4)
    .map((word) => Number.parseInt(word, 16).toString(16))
    .join(":");
}
