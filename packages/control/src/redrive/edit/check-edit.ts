import { decodeEvent, isCloudEvent, type Problem, withData } from "throughline";
import { registeredData, registrySubjectOf } from "throughline/contracts";
import type { EventLog, LogRecord, SchemaRegistry } from "throughline/seams";
import { controlError } from "../../errors/catalogue.ts";
import type { IndexedFailure } from "../../failures/indexed-failure.ts";
import { readLoggedFailure } from "../../failures/whole-failure.ts";
import type { IndexStore } from "../../index-store/index-store.ts";
import { type KnownContract, KnownContracts, problemsOf } from "../../payload/known-contracts.ts";
import { readOrSkip } from "../../reading/read-or-skip.ts";
import { changeJson, type JsonChange } from "./change-json.ts";
import { jsonDifferences, type JsonDifference } from "./json-diff.ts";
import { memberOf, parseJsonTree } from "./json-tree.ts";

/** Another payload for a failure: the whole text, or changes of some values, which leave every other byte as it is. */
export type Edit = { readonly text: string } | { readonly changes: readonly JsonChange[] };

export interface EditCheck {
  /** What would stand in the payload's place: give these very bytes to a plan. */
  readonly text: string;
  readonly differences: readonly JsonDifference[];
  /** `unchecked`: nobody announced, or registered, by what it could be checked; its service checks it all the same. */
  readonly verdict: "valid" | "invalid" | "unchecked";
  readonly problems: readonly Problem[];
  /** By whose contract, and where that stands. */
  readonly checkedBy: {
    readonly service: string | null;
    readonly version: number;
    readonly in: "announcement" | "registry";
  } | null;
  /** Why it is unchecked, in a sentence. */
  readonly why: string | null;
}

export interface EditContext {
  readonly log: EventLog;
  readonly index: IndexStore;
  /** Asked where no service announced the contract. */
  readonly registry?: SchemaRegistry | undefined;
}

/**
 * Says what an edit of a failed event would change, and whether its handler would take it: checked by the contract that its service
 * announced for the handler, else by its publisher's, else by the registry's. Writes nothing.
 * Throws `REDRIVE_EDIT_IMPOSSIBLE`.
 */
export async function checkEdit(context: EditContext, failure: IndexedFailure, edit: Edit): Promise<EditCheck> {
  const { original } = await readLoggedFailure(context.log, failure);
  if (original === null) throw impossible("the log has its payload no more, so nobody can say what would change");
  if (!isCloudEvent(original))
    throw impossible("it is no CloudEvent, so only its service can read it; replace it whole with a plan");
  const before = dataText(original);
  const text = "text" in edit ? edit.text : changed(before, edit.changes);
  const problem = readOrSkip(() => parseJsonTree(text)) === null ? notJson(text) : null;
  if (problem !== null) {
    const problems = [{ pointer: "", message: problem }];
    return { text, differences: [], verdict: "invalid", problems, checkedBy: null, why: null };
  }
  const differences = before === null ? whole(original, text) : jsonDifferences(before, text);
  return { text, differences, ...(await judged(context, failure, withData(original, Buffer.from(text)))) };
}

/** Whether an edit of it can be looked at here: the log has it, as a CloudEvent. */
export async function isEvent(log: EventLog, failure: IndexedFailure): Promise<boolean> {
  const { original } = await readLoggedFailure(log, failure);
  return original !== null && isCloudEvent(original);
}

type Verdict = Pick<EditCheck, "verdict" | "problems" | "checkedBy" | "why">;

async function judged({ index, registry }: EditContext, failure: IndexedFailure, record: LogRecord): Promise<Verdict> {
  const unchecked = (why: string): Verdict => ({ verdict: "unchecked", problems: [], checkedBy: null, why });
  const event = readOrSkip(() => decodeEvent(record));
  if (event === null) return unchecked("the envelope of the event cannot be read");
  const { type, dataVersion } = event;
  const announced = new KnownContracts(await index.contracts()).judging(type, dataVersion, failure);
  const known = announced ?? (registry === undefined ? null : await registered(registry, type, dataVersion ?? 1));
  if (known === null) return unchecked(`nobody announced or registered a contract of ${type} in version ${dataVersion ?? 1}`);
  const problems = problemsOf(known, record);
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

/** The registry may be away: then the service checks it. */
async function registered(registry: SchemaRegistry, type: string, version: number): Promise<KnownContract | null> {
  const found = await registry.bySubject(registrySubjectOf(type, version), "latest").catch(() => null);
  if (found?.schemaType !== "JSON") return null;
  const schema = registeredData(found);
  const [subject = "id"] = Object.keys((schema["properties"] as object | undefined) ?? {});
  const facts = { type, version, stream: "", subject, tenant: null, compacted: false };
  return { service: "", handler: null, contract: { ...facts, schema }, firstMs: 0 };
}

/** The event's data as it is written; null where it is no JSON. */
function dataText(record: LogRecord): string | null {
  const text = Buffer.from(record.value ?? []).toString();
  if (!Buffer.from(text).equals(Buffer.from(record.value ?? []))) return null;
  const root = readOrSkip(() => parseJsonTree(text));
  if (root === null) return null;
  const probe = Buffer.from("{}");
  const isInEnvelope = readOrSkip(() => withData(record, probe).value !== probe) ?? false;
  if (!isInEnvelope) return text;
  const data = root.kind === "object" ? memberOf(root, "data")?.value : undefined;
  return data === undefined ? null : text.slice(data.start, data.end);
}

function changed(before: string | null, changes: readonly JsonChange[]): string {
  if (before === null) throw impossible("its payload is no JSON: give the whole text that is to stand in its place");
  try {
    return changeJson(before, changes);
  } catch (error) {
    throw impossible((error as Error).message);
  }
}

function notJson(text: string): string {
  try {
    parseJsonTree(text);
    return "is not JSON";
  } catch (error) {
    return (error as Error).message;
  }
}

const whole = ({ value }: LogRecord, after: string): JsonDifference[] => [
  { pointer: "", kind: value === null ? "added" : "changed", before: null, after },
];

const impossible = (what: string): Error => controlError("REDRIVE_EDIT_IMPOSSIBLE", { what });
