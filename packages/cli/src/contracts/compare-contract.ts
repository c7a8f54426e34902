import { checkCompatibility, type CompatibilityCheck, type Incompatibility, SchemaInvalid } from "@throughline/registry";
import { isSameEncoding, isSameJson, whatDiffers } from "throughline/contracts";
import type { AgreedContract, AgreedSchema, AgreedSource } from "./agreed-source.ts";
import { type CodeContract, lockEntry } from "./code-contracts.ts";
import { whatToDo } from "./what-to-do.ts";

/** One reason why a change breaks somebody. */
export interface BreakingDifference extends Omit<Incompatibility, "kind"> {
  readonly kind: Incompatibility["kind"] | "stream_changed" | "subject_changed" | "encoding_changed" | "upcaster_missing";
}

export interface ComparedContract {
  readonly contract: CodeContract;
  readonly status: "new" | "same" | "compatible" | "breaking";
  /** Why it breaks. */
  readonly differences: readonly BreakingDifference[];
  /** What else is not as it was, as sentences. */
  readonly changes: readonly string[];
  /** Null where there is nothing to do. */
  readonly todo: string | null;
}

/** Compares what the code publishes with what was agreed: with every schema that this version had, and with older versions. */
export async function compareContract(contract: CodeContract, source: AgreedSource): Promise<ComparedContract> {
  const agreed = await source.find(contract.type, contract.version);
  const last = agreed?.schemas.at(-1);
  const differences = [...(agreed === null ? [] : ofVersion(contract, agreed)), ...(await ofOlderVersions(contract, source))];
  const changes = agreed === null || last === undefined ? [] : changesOf(contract, agreed, last);
  const status = differences.length > 0 ? "breaking" : last === undefined ? "new" : changes.length > 0 ? "compatible" : "same";
  return { contract, status, differences, changes, todo: status === "breaking" ? whatToDo(contract, differences) : null };
}

function ofVersion(contract: CodeContract, { schemas, facts }: AgreedContract): BreakingDifference[] {
  const { stream, subject, encoding } = contract;
  const version = schemas.at(-1)?.version ?? 1;
  const found: BreakingDifference[] = [];
  const say = (kind: BreakingDifference["kind"], message: string): void => {
    found.push({ kind, path: "", pointer: "", message, direction: "forward", version });
  };
  if (facts !== null && facts.stream !== stream)
    say("stream_changed", `its events would go to topic "${stream}", and consumers read "${facts.stream}"`);
  if (facts !== null && facts.subject !== subject)
    say(
      "subject_changed",
      `its subject would be "${subject}" and is "${facts.subject}", so that the order of older events is lost`,
    );
  const type = encoding?.schemaType ?? "JSON";
  const other = schemas.findLast((each) => (each.encoding?.schemaType ?? "JSON") !== type);
  if (other !== undefined)
    say("encoding_changed", `its data would be written as ${type} and is written as ${other.encoding?.schemaType ?? "JSON"}`);
  return [...found, ...ofSchemas(contract, schemas)];
}

/** By the JSON Schema of the data, and by what is on the wire where that is something else. */
function ofSchemas({ schema, encoding }: CodeContract, schemas: readonly AgreedSchema[]): readonly Incompatibility[] {
  const full = { level: "FULL_TRANSITIVE", policy: "LENIENT" } as const;
  const ofData = schemas.flatMap((each) =>
    each.data === null || isSameJson(each.data, schema) ? [] : [{ ...named(each, schemas), schema: each.data }],
  );
  const found = [...compatibility({ ...full, type: "JSON", candidate: { schema, name: "the code" }, versions: ofData })];
  if (encoding === null) return found;
  const ofWire = schemas.flatMap((each) => {
    const { encoding: before } = each;
    if (before?.schemaType !== encoding.schemaType || isSameEncoding(before, encoding)) return [];
    return [{ ...named(each, schemas), schema: parsed(before.schemaType, before.schema) }];
  });
  const candidate = { schema: parsed(encoding.schemaType, encoding.schema), name: "the code" };
  found.push(...compatibility({ ...full, type: encoding.schemaType, candidate, versions: ofWire }));
  return found;
}

/** A schema that cannot be read, here or where somebody else registered it, is none that goes with another. */
function compatibility(check: CompatibilityCheck): readonly Incompatibility[] {
  try {
    return checkCompatibility(check);
  } catch (error) {
    if (!(error instanceof SchemaInvalid)) throw error;
    const { version = 1 } = check.versions.at(-1) ?? {};
    const message = `a schema cannot be read: ${error.message}`;
    return [{ kind: "not_understood", path: "", pointer: error.pointer, message, direction: "backward", version }];
  }
}

/** How sentences call one of a version's schemas: its number is the registry's, and not the contract's. */
function named(schema: AgreedSchema, all: readonly AgreedSchema[]): { readonly version: number; readonly name: string } {
  const { version } = schema;
  return { version, name: schema === all.at(-1) ? "what was agreed" : `what was agreed before (registered as ${version})` };
}

/** Events of older versions stand in the log: they are lifted, or must be readable as they are. */
async function ofOlderVersions(contract: CodeContract, source: AgreedSource): Promise<BreakingDifference[]> {
  const found: BreakingDifference[] = [];
  for (let older = contract.version - 1; older >= 1; older -= 1) {
    if (contract.upcasts.some((from) => from >= older)) continue;
    const agreed = await source.find(contract.type, older);
    const data =
      agreed?.schemas.flatMap((each) =>
        each.data === null ? [] : [{ version: each.version, name: `version ${older}`, schema: each.data }],
      ) ?? [];
    const [first, ...more] = compatibility({
      type: "JSON",
      level: "BACKWARD_TRANSITIVE",
      policy: "LENIENT",
      candidate: { schema: contract.schema, name: `version ${contract.version}` },
      versions: data,
    });
    if (first === undefined) continue;
    const others = more.length === 0 ? "" : `, and ${more.length} more`;
    found.push({
      ...first,
      kind: "upcaster_missing",
      message: `events of version ${older} cannot be read as version ${contract.version}, and no upcaster lifts them: ${first.message}${others}`,
    });
  }
  return found;
}

function changesOf(contract: CodeContract, { facts }: AgreedContract, last: AgreedSchema): string[] {
  const entry = lockEntry(contract);
  const names = { code: "the code", lock: "what was agreed" };
  const { tenant, personal } = entry;
  return [
    ...(facts === null ? [] : whatDiffers({ tenant, personal }, { tenant: facts.tenant, personal: facts.personal }, names)),
    ...(last.data === null ? [] : whatDiffers(entry.data, last.data, names)),
    ...(entry.encoding === null || last.encoding === null || isSameEncoding(entry.encoding, last.encoding)
      ? []
      : [`its schema of ${entry.encoding.schemaType} is another in the code`]),
  ];
}

function parsed(type: "AVRO" | "PROTOBUF", text: string): unknown {
  return type === "AVRO" ? (JSON.parse(text) as unknown) : text;
}
