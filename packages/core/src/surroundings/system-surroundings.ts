import type { Surroundings, Timer } from "../seams/runtime.ts";

/** `setTimeout` fires at once when it is asked for more than this. */
const longestDelayMs = 2 ** 31 - 1;

/** Random bytes for those who want few: asking for them costs more than making them. */
const pool = new Uint8Array(4_096);
let used = pool.length;

/**
 * The real clock and real randomness. Its timers do not keep the process alive.
 *
 * @example
 *   const timer = systemSurroundings.clock.after(1_000, () => console.log("a second later"));
 */
export const systemSurroundings: Surroundings = {
  clock: {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    after,
  },
  random: {
    // 53 bits, as a double holds.
    next: () => {
      const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
      return ((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53;
    },
    fill: (bytes) => {
      if (bytes.length > pool.length) {
        // One call gives at most 65,536 bytes.
        for (let from = 0; from < bytes.length; from += 65_536)
          crypto.getRandomValues(bytes.subarray(from, from + 65_536) as Uint8Array<ArrayBuffer>);
        return bytes;
      }
      if (used + bytes.length > pool.length) {
        crypto.getRandomValues(pool);
        used = 0;
      }
      for (let i = 0; i < bytes.length; i++) bytes[i] = pool[used + i] as number;
      // Given once, and kept nowhere.
      pool.fill(0, used, used + bytes.length);
      used += bytes.length;
      return bytes;
    },
  },
};

function after(delayMs: number, callback: () => void): Timer {
  let left = delayMs;
  let timer: NodeJS.Timeout;
  const arm = () => {
    const step = Math.min(left, longestDelayMs);
    left -= step;
    timer = setTimeout(() => (left > 0 ? arm() : callback()), step);
    timer.unref();
  };
  arm();
  return { cancel: () => clearTimeout(timer) };
}
