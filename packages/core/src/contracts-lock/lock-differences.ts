import type { PlannedContract } from "../plan/planned-contract.ts";
import { canonicalJson } from "./canonical-json.ts";
import { type ContractsLock, lockedContract, type LockedEncoding } from "./contracts-lock.ts";
import { isSameEncoding } from "./same-encoding.ts";
import { whatDiffers } from "./what-differs.ts";

/**
 * Where a contract in the code is not what was agreed, as sentences; empty where it is. Descriptions and owners are not compared:
 * no event depends on them.
 */
export function lockDifferences(lock: ContractsLock, contract: PlannedContract): string[] {
  const { type, version } = contract;
  const locked = lockedContract(lock, type, version);
  if (locked === null) {
    const others = Object.keys(lock.contracts[type] ?? {});
    return [others.length === 0 ? "the lock does not have it" : `the lock has version ${others.join(", ")} of it`];
  }
  const { stream, subject, tenant, personal, schema, encoding } = contract;
  const inLock = { stream: locked.stream, subject: locked.subject, tenant: locked.tenant, personal: locked.personal.toSorted() };
  return [
    ...whatDiffers({ stream, subject, tenant, personal: personal.toSorted() }, inLock),
    ...whatDiffers(canonicalJson(schema), canonicalJson(locked.data), undefined, "/data"),
    ...encodingDifference(encoding, locked.encoding),
  ];
}

function encodingDifference(inCode: LockedEncoding | null, inLock: LockedEncoding | null): string[] {
  if (inCode?.schemaType !== inLock?.schemaType)
    return [`/encoding is ${inCode?.schemaType ?? "JSON"} in the code and ${inLock?.schemaType ?? "JSON"} in the lock`];
  if (inCode === null || inLock === null || isSameEncoding(inCode, inLock)) return [];
  return [`/encoding is another schema of ${inCode.schemaType} in the code than in the lock`];
}
