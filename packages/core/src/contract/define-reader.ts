import { coreError } from "../errors/index.ts";
import { bundledSchema, type SchemaDocuments } from "./bundled-schema.ts";
import { checkedSchema } from "./checked-schema.ts";
import { readerValidator } from "./contract-data.ts";
import type { DataOf, EventContract } from "./event-contract.ts";
import { isContract } from "./is-contract.ts";
import type { JsonSchema } from "./json-schema.ts";
import type { Problem } from "./problem.ts";
import { isReader, type Promised, type ReaderContract } from "./reader-contract.ts";
import type { SchemaDocument } from "./schema-document.ts";
import { readSchemaSource } from "./schema-source.ts";

export interface ReaderOptions<Contract, Source> {
  /** What is read, as a schema of any of the libraries that `defineEvent` takes. */
  readonly data: (Source | JsonSchema) & Promised<Contract, DataOf<Source>>;
  /** The documents that a JSON Schema refers to, by the URIs at which they would be found. Nothing is ever fetched. */
  readonly schemas?: SchemaDocuments;
}

/**
 * Says what a consumer reads of another team's events: give the result to `on` or `onBatch` in place of the contract. `event.data`
 * then holds what the schema names and nothing else, at every depth, so that what a handler reads is what it declares, and a change
 * of anything else cannot break it. Services announce it, and `throughline can-deploy` asks it.
 *
 * Type, version, stream, subject, tenant, personal fields and upcasters are the contract's. The subject need not be named: it
 * stands in `event.subject`. An object that names no properties, or that says which others it takes, keeps them.
 * It is only read: publishing it is refused with `CONTRACT_READ_ONLY`.
 * Throws `CONTRACT_INVALID` with every problem of the schema.
 *
 * @example
 *   const CompletedOrder = defineReader(OrderCompleted, { data: z.object({ order_id: z.string(), total: z.int() }) });
 *   billing.on(CompletedOrder, "create-invoice", async ({ data }, ctx) => { … });
 */
export function defineReader<const Contract extends EventContract, Source>(
  contract: Contract,
  options: ReaderOptions<Contract, Source>,
): ReaderContract<Contract["type"], DataOf<Source>> {
  if (!isContract(contract)) {
    const given: unknown = contract;
    const type = String((given as { type?: unknown } | null | undefined)?.type ?? given);
    throw coreError("CONTRACT_INVALID", { type, problems: [{ pointer: "", message: "it was not made by defineEvent" }] });
  }
  const problems: Problem[] = [];
  const source = readSchemaSource(options.data);
  problems.push(...source.problems);
  const schema =
    source.schema === null
      ? null
      : checkedSchema(bundledSchema(source.schema, options.schemas ?? {}), problems, {
          also: problemsOfDynamicRefs,
          compile: readerValidator,
        });
  if (schema === null || problems.length > 0) throw coreError("CONTRACT_INVALID", { type: contract.type, problems });
  return Object.freeze({ ...contract, schema, narrows: isReader(contract) ? contract.narrows : contract }) as ReaderContract<
    Contract["type"],
    DataOf<Source>
  >;
}

/** What such a reference names depends on the way to it, so that nobody can tell what is read. */
function problemsOfDynamicRefs({ hasDynamicRefs }: SchemaDocument): Problem[] {
  return hasDynamicRefs
    ? [{ pointer: "/data", message: "uses $dynamicRef or $recursiveRef, of which it cannot be told what they name; use $ref" }]
    : [];
}
