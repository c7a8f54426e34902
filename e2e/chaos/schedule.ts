import { seededRandom } from "../../examples/shop/driver/seeded-random.ts";

export const chaosServices = ["orders", "payments", "billing", "notifications", "inventory", "analytics"] as const;
export type ChaosService = (typeof chaosServices)[number];

/** What happens at a time of the run. `pick` in [0, 1) says which instance or broker, among those that it can happen to then. */
export type Blow =
  | { readonly kind: "kill instance" | "kill broker" | "kill database"; readonly atMs: number; readonly pick: number }
  /** It stands still past its session; `inTransaction`: from inside a transaction on. `replaced`: another comes under its name meanwhile. */
  | {
      readonly kind: "freeze instance";
      readonly atMs: number;
      readonly pick: number;
      readonly inTransaction: boolean;
      readonly replaced: boolean;
    }
  | { readonly kind: "restart service"; readonly atMs: number; readonly pick: number };

export interface Intensity {
  readonly killInstanceEveryMs: number;
  readonly killBrokerEveryMs: number;
  readonly freezeInstanceEveryMs: number;
  readonly restartServiceEveryMs: number;
  /** In all, spread over the run. */
  readonly databaseKills: number;
}

export const fullIntensity: Intensity = {
  killInstanceEveryMs: 1_000,
  killBrokerEveryMs: 30_000,
  freezeInstanceEveryMs: 15_000,
  restartServiceEveryMs: 20_000,
  databaseKills: 2,
};

/** The same for the same seed: what is struck, and when, in order. It covers `forMs`, and goes on without the database's deaths. */
export function scheduleOf(seed: number, forMs: number, intensity: Intensity = fullIntensity): Blow[] {
  const random = seededRandom(seed);
  const every = (eachMs: number, make: (atMs: number, n: number) => Blow): Blow[] =>
    Array.from({ length: Math.floor((4 * forMs) / eachMs) }, (_, n) => make((n + 1) * eachMs, n));
  const blows = [
    ...every(intensity.killInstanceEveryMs, (atMs) => ({ kind: "kill instance", atMs, pick: random() })),
    ...every(intensity.killBrokerEveryMs, (atMs) => ({
      kind: "kill broker",
      atMs: atMs - intensity.killBrokerEveryMs / 2,
      pick: random(),
    })),
    ...every(intensity.freezeInstanceEveryMs, (atMs, n) => ({
      kind: "freeze instance",
      atMs: atMs - intensity.freezeInstanceEveryMs / 2,
      pick: random(),
      inTransaction: n % 2 === 0,
      replaced: n % 4 >= 2,
    })),
    ...every(intensity.restartServiceEveryMs, (atMs) => ({ kind: "restart service", atMs, pick: random() })),
    ...Array.from({ length: intensity.databaseKills }, (_, n): Blow => ({
      kind: "kill database",
      atMs: Math.round(((n + 1) * forMs) / (intensity.databaseKills + 1)),
      pick: random(),
    })),
  ];
  return blows.toSorted((a, b) => a.atMs - b.atMs);
}
