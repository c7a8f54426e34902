import type { Randomness, Surroundings } from "../seams/runtime.ts";
import { createVirtualClock, type VirtualClock } from "./virtual-clock.ts";

/** Surroundings in which nothing is left to chance: the same seed gives the same run. */
export interface SeededSurroundings extends Surroundings {
  readonly clock: VirtualClock;
}

/**
 * Randomness that follows from `seed` and a clock that only `advance` moves, for tests and the simulator.
 *
 * @example
 *   const surroundings = seededSurroundings(7);
 *   surroundings.clock.after(60_000, () => console.log("a minute later"));
 *   await surroundings.clock.advance(60_000); // fires it now
 */
export function seededSurroundings(seed: number, startMs = Date.UTC(2026, 0, 1)): SeededSurroundings {
  return { clock: createVirtualClock(startMs), random: seededRandomness(seed) };
}

/** splitmix32: a 32-bit counter through a mixing function; good enough to vary runs, and never for secrets. */
function seededRandomness(seed: number): Randomness {
  let state = seed | 0;
  const next32 = (): number => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  return {
    next: () => next32() / 2 ** 32,
    fill: (bytes) => {
      for (let i = 0; i < bytes.length; i++) bytes[i] = next32() & 0xff;
      return bytes;
    },
  };
}
