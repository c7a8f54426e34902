import type { ContractsLock, ServicePlan } from "throughline/contracts";
import type { SchemaRegistry } from "throughline/seams";
import { agreedByLock, nothingAgreed } from "./agreed-source.ts";
import { codeContracts } from "./code-contracts.ts";
import { changeLockFile, readLockFile, refuseUnwritable } from "./lock-file.ts";
import { nextLock } from "./next-lock.ts";
import { agreeOnContracts, pushContracts, type PushResult } from "./push-contracts.ts";

export interface Push extends PushResult {
  /** Whether all of them are agreed on. */
  readonly ok: boolean;
  readonly dryRun: boolean;
  /** Null: by the lock alone. */
  readonly registry: string | null;
  readonly lock: { readonly file: string; readonly changed: boolean };
}

interface Parts {
  readonly plans: readonly ServicePlan[];
  readonly registry: SchemaRegistry | null;
  readonly lockFile: string;
  readonly dryRun: boolean;
}

/** Registers what services publish, and writes the lock. Of what is refused, or was not asked for, the lock keeps what it has. */
export async function runPush({ plans, registry, lockFile, dryRun }: Parts): Promise<Push> {
  const contracts = codeContracts(plans);
  // Read first: a lock that cannot be used is said before anything is registered.
  const previous = await readLockFile(lockFile);
  if (!dryRun) await refuseUnwritable(lockFile);
  const source = previous === null ? nothingAgreed : agreedByLock(previous);
  const result =
    registry === null
      ? await agreeOnContracts(source, contracts)
      : await pushContracts(registry, contracts, { dryRun, lock: source });
  const services = new Set(plans.map(({ service }) => service));
  const url = registry?.url ?? null;
  const changed = dryRun
    ? false
    : await changeLockFile(lockFile, (now) =>
        result.failure !== null && isAnothers(now, url, result)
          ? null
          : nextLock({ previous: now, registry: url ?? now?.registry ?? null, services, contracts, agreed: result.agreed }),
      );
  const ok = result.failure === null && result.contracts.every(({ outcome }) => outcome !== "refused");
  return { ...result, ok, dryRun, registry: url, lock: { file: lockFile, changed } };
}

/** Whether what a registry said before it failed is nothing that could stand in the place of what the lock has. */
function isAnothers(now: ContractsLock | null, url: string | null, { agreed }: PushResult): boolean {
  return agreed.length === 0 || (now !== null && now.registry !== null && now.registry !== url);
}
