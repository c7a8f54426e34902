import type { FailureGroup } from "../failures/indexed-failure.ts";
import type { ServiceVersion } from "./index-store.ts";

/**
 * The deploy that a cause began with: its first failure is of a version before which another one was at work, and that one does not
 * fail so. Null where the oldest version known fails so already.
 * @param open The version of the first failure that nobody has answered. What was answered before a version that did not fail so is
 * over: then the cause is back, since a later deploy than it was first seen with.
 */
export function sinceDeploy(
  failing: FailureGroup["versions"],
  known: readonly ServiceVersion[],
  open: string | null = null,
): FailureGroup["since"] {
  const first = failing[0]?.version;
  if (first === undefined) return null;
  const indexOf = (wanted: string): number => known.findIndex(({ version }) => version === wanted);
  const fails = (at: number): boolean => failing.some(({ version }) => version === known[at]!.version);
  let at = indexOf(open ?? first);
  // A version that failed so as the one before it did has begun nothing, whichever of their failures were answered.
  while (at > 0 && fails(at - 1)) at -= 1;
  // Nor has an older one begun what a newer one was the first to show.
  if (at <= 0 || at < indexOf(first)) return null;
  const { version, firstMs } = known[at]!;
  return {
    version,
    deployedAtMs: firstMs,
    before: known[at - 1]!.version,
    firstSeen: version === first ? null : first,
  };
}
