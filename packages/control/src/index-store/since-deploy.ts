import type { FailureGroup } from "../failures/indexed-failure.ts";
import type { ServiceVersion } from "./index-store.ts";

/**
 * The deploy that a cause began with: its first failure is of a version before which another one was at work, and that one does not
 * fail so. Null where the oldest version known fails so already.
 */
export function sinceDeploy(failing: FailureGroup["versions"], known: readonly ServiceVersion[]): FailureGroup["since"] {
  const first = failing[0];
  if (first === undefined) return null;
  const at = known.findIndex(({ version }) => version === first.version);
  const before = at <= 0 ? undefined : known[at - 1];
  if (before === undefined || failing.some(({ version }) => version === before.version)) return null;
  return { version: first.version, deployedAtMs: known[at]!.firstMs, before: before.version };
}
