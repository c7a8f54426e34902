import type { TypeSeen } from "../index-store/traffic.ts";
import type { ContractVersion, EventReader } from "./catalogue.ts";

/** Where what is declared and what came are not the same. */
export interface Drift {
  readonly kind:
    | "seen-not-declared"
    | "declared-never-seen"
    | "version-not-declared"
    | "source-not-declared"
    | "read-not-published";
  readonly sentence: string;
}

export interface DriftFacts {
  readonly type: string;
  readonly seen: readonly TypeSeen[];
  readonly isDeclared: boolean;
  /** Somebody reads it from a topic whose records are no events of ours: nobody declares to publish those. */
  readonly hasAdopter: boolean;
  readonly versions: readonly ContractVersion[];
  readonly readers: readonly EventReader[];
  readonly isPublisher: (source: string) => boolean;
}

export function driftOf({ type, seen, isDeclared, hasAdopter, versions, readers, isPublisher }: DriftFacts): Drift[] {
  const drift: Drift[] = [];
  const say = (kind: Drift["kind"], sentence: string): void => void drift.push({ kind, sentence });
  const count = seen.reduce((sum, each) => sum + each.count, 0);
  const sources = [...new Set(seen.map(({ source }) => source))];
  if (!isDeclared && seen.length > 0) {
    say(
      "seen-not-declared",
      `${count.toLocaleString("en")} came from ${sources.join(", ")}, and no service declares that it publishes ${type}.`,
    );
    return drift;
  }
  if (!isDeclared && !hasAdopter) {
    const who = readers.map(({ service, handler }) => `${service}/${handler}`).join(", ");
    say(
      "read-not-published",
      `${who} ${readers.length === 1 ? "waits" : "wait"} for it, and no service declares that it publishes ${type}.`,
    );
    return drift;
  }
  if (isDeclared && seen.length === 0) say("declared-never-seen", `It is declared, and none ever came.`);
  const declared = new Set(versions.map(({ version }) => version));
  const others = seen.filter(({ dataVersion }) => declared.size > 0 && !declared.has(dataVersion ?? 1));
  for (const version of new Set(others.map(({ dataVersion }) => dataVersion ?? 1)))
    say("version-not-declared", `Events of version ${version} came; declared is ${[...declared].join(", ")}.`);
  const strangers = sources.filter((source) => isDeclared && !isPublisher(source));
  if (strangers.length > 0)
    say("source-not-declared", `Events came from ${strangers.join(", ")}, which does not declare that it publishes them.`);
  return drift;
}
