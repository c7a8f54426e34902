import { plainRecord } from "../packed-headers/index.ts";
import type { Header, LogRecord, NewRecord } from "../seams/event-log.ts";
import { redriveTopic } from "./topic-names.ts";

/** Asks one consumer to handle a dead letter again, or to put it aside (R7). Goes to `<service>.redrive`. */
export interface RedriveRequest {
  readonly requestId: string;
  readonly action: "redrive" | "discard";
  readonly service: string;
  readonly handler: string;
  readonly failureId: string;
  readonly by: string;
  readonly reason: string | null;
  readonly atMs: number;
  /** The original, for a store that no longer knows the failure; bytes that nobody edited stay byte-equal. */
  readonly original: LogRecord;
  /** Replaces the original's value. Was validated against the schema by whoever asked; is validated again. */
  readonly editedValue: Uint8Array | null;
  /** The original's value is too large to be carried along: only a store that still holds the failure can answer. */
  readonly valueOmitted?: true;
  /** Also when the store has no row and remembers no ids that old. */
  readonly force: boolean;
}

interface RequestOnTheWire extends Omit<RedriveRequest, "original" | "editedValue"> {
  readonly original: Omit<LogRecord, "key" | "value" | "headers"> & {
    key: string | null;
    value: string | null;
    headers: [string, string | null][];
  };
  readonly editedValue: string | null;
}

/** The store holds the original; a request that carries a larger one too might be refused by the log for its size. */
const largestValueBytes = 512 * 1024;

const toText = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString("base64"));
const toBytes = (text: string | null): Uint8Array | null => (text === null ? null : Buffer.from(text, "base64"));

export function redriveRecord(request: RedriveRequest): NewRecord {
  const { original } = request;
  const isOmitted = (original.value?.byteLength ?? 0) > largestValueBytes;
  const wire: RequestOnTheWire = {
    ...request,
    original: {
      ...plainRecord(original),
      key: toText(original.key),
      value: isOmitted ? null : toText(original.value),
      headers: original.headers.map(([name, value]) => [name, toText(value)]),
    },
    editedValue: toText(request.editedValue),
    ...(isOmitted ? { valueOmitted: true } : {}),
  };
  return {
    topic: redriveTopic(request.service),
    // One subject's requests stay in their order.
    key: original.key,
    value: Buffer.from(JSON.stringify(wire)),
    headers: [["content-type", Buffer.from("application/json")]],
  };
}

export function readRedriveRequest(value: Uint8Array | null): RedriveRequest | null {
  if (value === null) return null;
  const wire = JSON.parse(Buffer.from(value).toString()) as RequestOnTheWire;
  return {
    ...wire,
    original: plainRecord({
      ...wire.original,
      key: toBytes(wire.original.key),
      value: toBytes(wire.original.value),
      headers: wire.original.headers.map(([name, text]): Header => [name, toBytes(text)]),
    }),
    editedValue: toBytes(wire.editedValue),
  };
}
