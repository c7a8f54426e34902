import { isCloudEvent, withData } from "throughline";
import { framed } from "throughline/contracts";
import type { EncodedData, EventLog, LogRecord } from "throughline/seams";
import { controlError } from "../../errors/catalogue.ts";
import type { IndexedFailure } from "../../failures/indexed-failure.ts";
import { readLoggedFailure } from "../../failures/whole-failure.ts";
import { isRead, type ReadData, type WrittenDataReader } from "../../payload/written-data.ts";
import { readOrSkip } from "../../reading/read-or-skip.ts";
import { memberOf, parseJsonTree } from "./json-tree.ts";

/** The payload of a failure as an edit finds it. */
export interface EditablePayload {
  readonly original: LogRecord;
  /** As JSON, as it is written; null where it is none. */
  readonly text: string | null;
  /** Where the value is in Avro or Protobuf, by which an edit of its JSON is written, too. */
  readonly written: ReadData | null;
}

export interface PayloadContext {
  readonly log: EventLog;
  readonly writtenData: WrittenDataReader;
}

/** Throws `REDRIVE_EDIT_IMPOSSIBLE` for one that nobody here can read: it says why. */
export async function editablePayload({ log, writtenData }: PayloadContext, failure: IndexedFailure): Promise<EditablePayload> {
  const { original } = await readLoggedFailure(log, failure);
  if (original === null) throw impossible("the log has its payload no more, so nobody can say what would change");
  const data = await writtenData.read(original);
  if (isRead(data)) return { original, text: data.text, written: isFramedValue(original) ? data : null };
  if (!isCloudEvent(original))
    throw impossible("it is no CloudEvent, so only its service can read it; replace it whole with a plan");
  if (data !== null) throw impossible(`its payload cannot be read as JSON: ${data.why}; replace it whole with a plan`);
  return { original, text: dataText(original), written: null };
}

/** Whether an edit of it can be looked at here: the log has it, and its payload can be read. */
export async function isEditable(context: PayloadContext, failure: IndexedFailure): Promise<boolean> {
  const { original } = await readLoggedFailure(context.log, failure);
  return original !== null && (isCloudEvent(original) || isRead(await context.writtenData.read(original)));
}

/**
 * The value that an edit's JSON makes, or what is wrong with it. What nobody changed is the original's very bytes; data in Avro or Protobuf is
 * written with the schema that it was written with.
 * Throws `REDRIVE_EDIT_IMPOSSIBLE` where that would change what nobody edited.
 */
export function editedData(
  { original, text: before, written }: EditablePayload,
  text: string,
  reader: WrittenDataReader,
): EncodedData {
  if (written === null) return { bytes: Buffer.from(text) };
  if (text === before) return { bytes: original.value! };
  const again = reader.write(written.text, written);
  if (!("bytes" in again) || !Buffer.from(again.bytes).equals(written.payload))
    throw impossible(
      "its bytes were written in a way that cannot be written again here, so an edit would change more than was edited; replace it whole with a plan",
    );
  const made = reader.write(text, written);
  return "bytes" in made ? { bytes: framed(written.schemaId, made.bytes) } : made;
}

const isFramedValue = ({ value }: LogRecord): boolean => value !== null && value[0] === 0;

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

export const impossible = (what: string): Error => controlError("REDRIVE_EDIT_IMPOSSIBLE", { what });
