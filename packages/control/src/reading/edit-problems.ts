import { decodeEvent, type Problem, withData } from "throughline";
import { type ContractsLock, readerSchema } from "throughline/contracts";
import type { EventLog } from "throughline/seams";
import type { IndexedContracts } from "../index-store/index-store.ts";
import { type KnownContract, KnownContracts, problemsOf } from "../payload/known-contracts.ts";
import { readAnnounced } from "./announced.ts";
import type { Failure } from "./failures.ts";
import { readOrSkip } from "./read-or-skip.ts";

export interface EditJudgement {
  readonly problems: readonly Problem[];
  /** Whose contract it was judged by; null where the lock told. */
  readonly service: string | null;
}

/**
 * What is wrong with another payload for a dead letter: by the contract that its service announced for the handler, else by its publisher's,
 * else by the contracts lock. Null where none of them tells; its service checks it all the same.
 */
export async function judgeEdit(
  log: EventLog,
  { letter, original }: Failure,
  value: Uint8Array,
  { lock, signal }: { readonly lock: ContractsLock | null; readonly signal?: AbortSignal },
): Promise<EditJudgement | null> {
  const record = withData(original, value);
  const event = readOrSkip(() => decodeEvent(record));
  if (event === null) return null;
  const announced = KnownContracts.of(await announcedContracts(log, signal)).judging(event.type, event.dataVersion, letter);
  const known = announced ?? lockedContract(lock, event.type, event.dataVersion ?? 1);
  const problems = known === null ? null : problemsOf(known, record);
  return problems === null ? null : { problems, service: announced?.service ?? null };
}

async function announcedContracts(log: EventLog, signal: AbortSignal | undefined): Promise<IndexedContracts[]> {
  const { instances, contractsOf } = await readAnnounced(log, signal);
  const found = new Map<string, IndexedContracts>();
  for (const instance of instances.toSorted((a, b) => a.startedAtMs - b.startedAtMs)) {
    const contracts = contractsOf(instance);
    const { service, contracts: hash = "", startedAtMs: firstMs } = instance;
    // A version that runs beside an older one comes behind it, and is heard.
    if (contracts !== null) found.set(`${service}/${hash}`, { service, hash, contracts, firstMs });
  }
  return [...found.values()];
}

function lockedContract(lock: ContractsLock | null, type: string, version: number): KnownContract | null {
  const found = lock?.contracts[type]?.[String(version)];
  if (found === undefined) return null;
  const { service, stream, subject, tenant, personal, compacted, encoding, data } = found;
  const contract = { type, version, stream, subject, tenant, personal, compacted, encoding, schema: readerSchema(data) };
  return { service, handler: null, contract, firstMs: 0 };
}
