import { isIPv6 } from "node:net";
import { controlError } from "../errors/catalogue.ts";
import { RateLimit } from "./rate-limit.ts";

const minuteMs = 60_000;

/**
 * How often a password may be tried: ten times for a user and then once a minute, thirty times from an address and then ten times a
 * minute. What succeeds does not count.
 */
export class LoginLimits {
  readonly #ofUser = new RateLimit({ burst: 10, everyMs: minuteMs });
  readonly #ofAddress = new RateLimit({ burst: 30, everyMs: 6_000 });

  /**
   * Counts an attempt before its password is looked at, so that many at once get no further than one after the other. Answers with what
   * takes it back.
   * @throws ACCESS_TOO_MANY_ATTEMPTS
   */
  begin(user: string, address: string, nowMs: number): () => void {
    const network = networkOf(address);
    const waitMs = Math.max(this.#ofUser.waitMs(user, nowMs), this.#ofAddress.waitMs(network, nowMs));
    if (waitMs > 0) throw controlError("ACCESS_TOO_MANY_ATTEMPTS", { seconds: Math.ceil(waitMs / 1000) });
    this.#ofUser.take(user, nowMs);
    this.#ofAddress.take(network, nowMs);
    return () => {
      this.#ofUser.giveBack(user);
      this.#ofAddress.giveBack(network);
    };
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
