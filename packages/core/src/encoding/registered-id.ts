import type { EventContract } from "../contract/index.ts";
import { registrySubjectOf } from "../contracts-lock/contracts-lock.ts";
import { isSameEncoding } from "../contracts-lock/same-encoding.ts";
import type { SchemaRegistry } from "../seams/schema-registry.ts";

/** The id under which a contract's encoding is registered; null where it is not. */
export async function registeredId(
  registry: SchemaRegistry,
  { type, version, encoding = null }: EventContract,
): Promise<number | null> {
  if (encoding === null) return null;
  const { schemaType, schema } = encoding;
  const subject = registrySubjectOf(type, version);
  const found = await registry.lookUp(subject, { schemaType, schema });
  if (found !== null) return found.id;
  // It was registered with what the lock knows of its contract beside it.
  for (const number of (await registry.versions(subject)).toReversed()) {
    const other = await registry.bySubject(subject, number);
    if (other !== null && isSameEncoding(other, encoding)) return other.id;
  }
  return null;
}
