import { decodeEvent, isCloudEvent, type Problem, withData } from "throughline";
import { registeredData, registrySubjectOf } from "throughline/contracts";
import type { LogRecord, SchemaRegistry } from "throughline/seams";
import type { IndexedFailure } from "../../failures/indexed-failure.ts";
import type { IndexStore } from "../../index-store/index-store.ts";
import { type KnownContract, KnownContracts, problemsOf } from "../../payload/known-contracts.ts";
import type { WrittenDataReader } from "../../payload/written-data.ts";
import { readOrSkip } from "../../reading/read-or-skip.ts";
import { changeJson, type JsonChange } from "./change-json.ts";
import { type EditablePayload, editablePayload, editedData, impossible, type PayloadContext } from "./editable-payload.ts";
import { jsonDifferences, type JsonDifference } from "./json-diff.ts";
import { parseJsonTree } from "./json-tree.ts";

/** Another payload for a failure: the whole text, or changes of some values, which leave every other byte as it is. */
export type Edit = { readonly text: string } | { readonly changes: readonly JsonChange[] };

export interface EditCheck {
  /** The data as it would be, as JSON: give it to a plan. */
  readonly text: string;
  /** In which its value would be written: as it was. */
  readonly writtenAs: "JSON" | "AVRO" | "PROTOBUF";
  readonly differences: readonly JsonDifference[];
  /** `unchecked`: nobody announced, or registered, by what it could be checked; its service checks it all the same. */
  readonly verdict: "valid" | "invalid" | "unchecked";
  readonly problems: readonly Problem[];
  /** By whose contract, and where that stands; of what is in Avro or Protobuf, and has no contract, by its own schema. */
  readonly checkedBy: {
    readonly service: string | null;
    readonly version: number;
    readonly in: "announcement" | "registry";
  } | null;
  /** Why it is unchecked, in a sentence. */
  readonly why: string | null;
}

export interface EditContext extends PayloadContext {
  readonly index: IndexStore;
  /** Asked where no service announced the contract. */
  readonly registry?: SchemaRegistry | undefined;
}

/** What an edit makes: how it is judged, and the value that a request carries. */
export interface CheckedEdit {
  readonly check: EditCheck;
  /** Null where it makes none. */
  readonly value: Uint8Array | null;
}

/**
 * Says what an edit of a failed event would change, and whether its handler would take it: checked by the contract that its service
 * announced for the handler, else by its publisher's, else by the registry's. Writes nothing.
 * Throws `REDRIVE_EDIT_IMPOSSIBLE`.
 */
export async function checkEdit(context: EditContext, failure: IndexedFailure, edit: Edit): Promise<CheckedEdit> {
  const payload = await editablePayload(context, failure);
  const { text: before, written } = payload;
  const text = "text" in edit ? edit.text : changed(before, edit.changes);
  const about = { text, writtenAs: written?.schemaType ?? ("JSON" as const) };
  const invalid = (problems: readonly Problem[], differences: readonly JsonDifference[]): CheckedEdit => ({
    check: { ...about, differences, verdict: "invalid", problems, checkedBy: null, why: null },
    value: null,
  });
  const problem = notJson(text);
  if (problem !== null) return invalid([{ pointer: "", message: problem }], []);
  const differences = before === null ? whole(payload.original, text) : jsonDifferences(before, text);
  const made = editedData(payload, text, context.writtenData);
  if (!("bytes" in made)) return invalid(made.problems, differences);
  const verdict = await judged(context, failure, payload, made.bytes);
  return { check: { ...about, differences, ...verdict }, value: made.bytes };
}

type Verdict = Pick<EditCheck, "verdict" | "problems" | "checkedBy" | "why">;

async function judged(
  { index, registry, writtenData: reader }: EditContext,
  failure: IndexedFailure,
  { original, written }: EditablePayload,
  value: Uint8Array,
): Promise<Verdict> {
  const unchecked = (why: string): Verdict => ({ verdict: "unchecked", problems: [], checkedBy: null, why });
  // A record that is no event is replaced whole, and only its service knows which event it makes of it.
  if (!isCloudEvent(original)) return unchecked("it is no CloudEvent, so its service alone can check it");
  const record = withData(original, value);
  const event = readOrSkip(() => decodeEvent(record));
  if (event === null) return unchecked("the envelope of the event cannot be read");
  const { type, dataVersion } = event;
  const version = dataVersion ?? 1;
  const announced = KnownContracts.of(await index.contracts()).judging(type, dataVersion, failure);
  const known = announced ?? (registry === undefined ? null : await registered(registry, type, version));
  // It could be written with the schema that it was written with.
  if (known === null && written !== null)
    return { verdict: "valid", problems: [], checkedBy: { service: null, version, in: "registry" }, why: null };
  if (known === null) return unchecked(`nobody announced or registered a contract of ${type} in version ${version}`);
  const problems = await problemsOfEdit(known, record, reader);
  if (problems === null) return unchecked(`the contract of ${type} is one that its service alone can check`);
  return {
    verdict: problems.length === 0 ? "valid" : "invalid",
    problems,
    checkedBy: {
      service: announced === null ? null : known.service,
      version: known.contract.version,
      in: announced === null ? "registry" : "announcement",
    },
    why: null,
  };
}

async function problemsOfEdit(
  known: KnownContract,
  record: LogRecord,
  reader: WrittenDataReader,
): Promise<readonly Problem[] | null> {
  const data = await reader.read(record);
  return problemsOf(known, record, data === null ? null : { data, reader });
}

/** The registry may be away: then the service checks it. */
async function registered(registry: SchemaRegistry, type: string, version: number): Promise<KnownContract | null> {
  const found = await registry.bySubject(registrySubjectOf(type, version), "latest").catch(() => null);
  if (found?.schemaType !== "JSON") return null;
  const schema = readOrSkip(() => registeredData(found));
  if (schema === null) return null;
  const [subject = "id"] = Object.keys((schema["properties"] as object | undefined) ?? {});
  const facts = { type, version, stream: "", subject, tenant: null, compacted: false };
  return { service: "", handler: null, contract: { ...facts, schema }, firstMs: 0 };
}

function changed(before: string | null, changes: readonly JsonChange[]): string {
  if (before === null) throw impossible("its payload is no JSON: give the whole text that is to stand in its place");
  try {
    return changeJson(before, changes);
  } catch (error) {
    throw impossible((error as Error).message);
  }
}

function notJson(text: string): string | null {
  try {
    parseJsonTree(text);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

const whole = ({ value }: LogRecord, after: string): JsonDifference[] => [
  { pointer: "", kind: value === null ? "added" : "changed", before: null, after },
];
