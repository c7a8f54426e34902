import { registeredForm, registrySubjectOf } from "throughline/contracts";
import type { RegistryReason, RegistrySchema, SchemaRegistry } from "throughline/seams";
import { agreedByBoth, agreedByRegistry, agreedSchema, type AgreedSource, nothingAgreed } from "./agreed-source.ts";
import { type CodeContract, lockEntry } from "./code-contracts.ts";
import { type ComparedContract, compareContract } from "./compare-contract.ts";
import type { Agreement } from "./next-lock.ts";

/** What became of one contract. */
export interface PushedContract {
  readonly contract: CodeContract;
  /** `pending`: the registry went away before it was asked. `would-register`: in a dry run. `agreed`: where no registry is asked. */
  readonly outcome: "registered" | "known" | "agreed" | "would-register" | "refused" | "pending";
  readonly compared: ComparedContract | null;
  readonly registered: { readonly version: number; readonly id: number } | null;
  /** Why it was refused. */
  readonly reasons: readonly RegistryReason[];
}

export interface PushResult {
  readonly contracts: readonly PushedContract[];
  /** For the lock. */
  readonly agreed: readonly Agreement[];
  /** What ended it before all were asked. */
  readonly failure: Error | null;
}

/**
 * Registers contracts, each on its own: one that is refused leaves the others as they are. What is there already is found again, so it may be
 * repeated at any time. Rejects for nothing that a registry says.
 */
export async function pushContracts(
  registry: SchemaRegistry,
  contracts: readonly CodeContract[],
  { dryRun, lock = nothingAgreed }: { readonly dryRun: boolean; readonly lock?: AgreedSource },
): Promise<PushResult> {
  const source = agreedByBoth(lock, agreedByRegistry(registry));
  const pushed: PushedContract[] = [];
  const agreed: Agreement[] = [];
  let failure: Error | null = null;
  for (const contract of contracts) {
    if (failure !== null) {
      pushed.push(outcome(contract, "pending"));
      continue;
    }
    try {
      const each = await push(registry, contract, { dryRun, source });
      pushed.push(each);
      if (each.registered !== null)
        agreed.push({
          contract,
          registered: each.registered,
          before: await schemasBefore(registry, contract, each.registered.version),
        });
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
      pushed.push(outcome(contract, "pending"));
    }
  }
  return { contracts: pushed, agreed, failure };
}

/** Agrees on contracts without a registry, by the lock alone. */
export async function agreeOnContracts(source: AgreedSource, contracts: readonly CodeContract[]): Promise<PushResult> {
  const pushed: PushedContract[] = [];
  const agreed: Agreement[] = [];
  for (const contract of contracts) {
    const compared = await compareContract(contract, source);
    const { status, differences } = compared;
    if (status === "breaking") pushed.push({ ...outcome(contract, "refused"), compared, reasons: differences });
    else {
      pushed.push({ ...outcome(contract, status === "same" ? "known" : "agreed"), compared });
      agreed.push({ contract, registered: null, before: null });
    }
  }
  return { contracts: pushed, agreed, failure: null };
}

const outcome = (contract: CodeContract, is: PushedContract["outcome"]): PushedContract => ({
  contract,
  outcome: is,
  compared: null,
  registered: null,
  reasons: [],
});

async function push(
  registry: SchemaRegistry,
  contract: CodeContract,
  { dryRun, source }: { readonly dryRun: boolean; readonly source: AgreedSource },
): Promise<PushedContract> {
  const subject = registrySubjectOf(contract.type, contract.version);
  const form = registeredForm(contract.type, contract.version, lockEntry(contract));
  // A registry of another kind may let through what breaks; ours is asked for by its proof, whoever keeps the schemas.
  const compared = await compareContract(contract, source);
  const refused = (reasons: readonly RegistryReason[]): PushedContract => ({
    ...outcome(contract, "refused"),
    compared,
    reasons,
  });
  const known = await registry.lookUp(subject, form);
  if (known !== null) {
    const { version, id } = known;
    return { ...outcome(contract, "known"), compared, registered: { version, id } };
  }
  if (compared.status === "breaking") return refused(compared.differences);
  if (dryRun) {
    const { isCompatible, reasons } = await registry.check(subject, form);
    return isCompatible ? { ...outcome(contract, "would-register"), compared } : refused(reasons);
  }
  try {
    await setLevel(registry, subject, form);
    const { version, id } = await registry.register(subject, form);
    return { ...outcome(contract, "registered"), compared, registered: { version, id } };
  } catch (error) {
    const { code, details } = error as { code?: string; details?: { reasons?: readonly RegistryReason[] } };
    // What is said of this subject (it may be read-only) is no word about the others.
    if (!refusals.has(code ?? "")) throw error;
    return refused(details?.reasons ?? [{ message: (error as Error).message }]);
  }
}

const refusals: ReadonlySet<string> = new Set(["REGISTRY_SCHEMA_REFUSED", "REGISTRY_SCHEMA_INVALID", "REGISTRY_REQUEST_FAILED"]);

/**
 * Within a contract's version every reader goes with every event, whichever came first. A registry that does not know the lenient policy would
 * refuse any change in both directions: there it holds the direction that it can hold, and the proof above the other one.
 */
async function setLevel(registry: SchemaRegistry, subject: string, { schemaType }: RegistrySchema): Promise<void> {
  const isJson = schemaType === "JSON";
  const { policy } = await registry.setCompatibility(subject, { level: "FULL_TRANSITIVE", policy: isJson ? "LENIENT" : null });
  if (isJson && policy !== "LENIENT") await registry.setCompatibility(subject, { level: "FORWARD_TRANSITIVE", policy: null });
}

async function schemasBefore(
  registry: SchemaRegistry,
  { type, version, schema }: CodeContract,
  registeredVersion: number,
): Promise<Agreement["before"]> {
  const subject = registrySubjectOf(type, version);
  const before: NonNullable<Agreement["before"]>[number][] = [];
  for (const each of await registry.versions(subject)) {
    const found = each < registeredVersion ? await registry.bySubject(subject, each) : null;
    if (found === null) continue;
    const { data, encoding } = agreedSchema(found);
    // Of an encoding only what is on the wire is registered; its data was in agreement with what it is now.
    before.push({ registered: { version: found.version, id: found.id }, data: data ?? schema, encoding });
  }
  return before;
}
