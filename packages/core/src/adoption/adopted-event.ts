import { type AdoptableRecord, type AdoptedContent, type AdoptedContract, subjectOf, tenantOf } from "../contract/index.ts";
import { type DecodedEvent, eventKey } from "../envelope/index.ts";
import { timeMsOf } from "../envelope/attribute-values.ts";
import { undecodable } from "../envelope/undecodable.ts";
import type { LogRecord } from "../seams/event-log.ts";

/**
 * The event that a contract makes of a record that is no CloudEvent; null when it says that it is none of its type.
 * Throws `EVENT_UNDECODABLE` where `decode` throws or answers what is no event, and says which part is wrong. Whether the data
 * matches the contract is not asked here: that is for `readData`.
 */
export function adoptedEvent(contract: AdoptedContract, record: LogRecord): DecodedEvent | null {
  const content = decoded(contract, record);
  return content === null ? null : new AdoptedEvent(contract, record, content);
}

/** An event of a topic that others write in a form of their own. It carries no sequence and no trace. */
class AdoptedEvent implements DecodedEvent {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string | null;
  readonly time: string | null;
  readonly dataContentType = "application/json";
  readonly dataVersion: number;
  readonly dataSchema = null;
  readonly correlationId: string | null;
  readonly causationId = null;
  readonly tenantId: string | null;
  readonly traceparent = null;
  readonly tracestate = null;
  readonly sequence = null;
  readonly sequenceEpoch = 0;
  readonly extensions = {};
  readonly key: string;
  readonly #contract: AdoptedContract;
  readonly #record: LogRecord;
  /** Until it is asked for: who has it may change it. */
  #content: AdoptedContent | null;

  constructor(contract: AdoptedContract, record: LogRecord, content: AdoptedContent) {
    const refuse = (what: string): Error => undecodable(record, answerOf(contract), what);
    const { data } = content;
    this.id = idIn(content, refuse);
    this.source = `adopted:${contract.stream}`;
    this.type = contract.type;
    this.time = timeIn(content, refuse);
    this.correlationId = content.correlationId === undefined ? null : textIn("a correlationId", content.correlationId, refuse);
    this.subject = idOfData(contract.subject, () => subjectOf(contract, data), data, refuse);
    this.tenantId = contract.tenant === null ? null : idOfData(contract.tenant, () => tenantOf(contract, data), data, refuse);
    this.dataVersion = contract.version;
    this.key = eventKey(this.source, this.id);
    this.#contract = contract;
    this.#record = record;
    this.#content = content;
  }

  get timeMs(): number | null {
    return timeMsOf(this.time);
  }

  data(): unknown {
    const content = this.#content ?? decoded(this.#contract, this.#record);
    this.#content = null;
    if (content === null)
      throw undecodable(this.#record, answerOf(this.#contract), "is not the same each time: it was an event before, and is null");
    return content.data;
  }

  encoded(): null {
    return null;
  }
}

const answerOf = ({ type }: AdoptedContract): string => `what decode of "${type}" makes of it`;

/** Calls `decode`, which is somebody else's code. */
function decoded(contract: AdoptedContract, record: LogRecord): AdoptedContent | null {
  let answer: unknown;
  try {
    answer = contract.decode(adoptable(record));
  } catch (error) {
    throw undecodable(record, `decode of "${contract.type}"`, `threw ${thrownText(contract, error)}`);
  }
  if (answer === null) return null;
  const refuse = (what: string): Error => undecodable(record, answerOf(contract), what);
  if (answer instanceof Promise) {
    // Nobody waits for it: what it rejects with must not end the process.
    answer.catch(() => undefined);
    throw refuse("is a promise; decode must answer at once");
  }
  if (typeof answer !== "object") throw refuse(`is ${kindOf(answer)}, and must be { id, data } or null`);
  return answer as AdoptedContent;
}

/** The text of an error may quote the record, and so personal data. */
function thrownText({ personal }: AdoptedContract, error: unknown): string {
  try {
    if (!(error instanceof Error)) return "a value that is no Error";
    return personal.length > 0 ? error.name : String(error);
  } catch {
    return "a value that cannot be read";
  }
}

function adoptable({ key, value, headers, timestampMs }: LogRecord): AdoptableRecord {
  return {
    key: asBuffer(key),
    value: asBuffer(value),
    headers: headers.map(([name, content]) => [name, asBuffer(content)] as const),
    timestampMs,
  };
}

/** The same bytes, not copied. */
function asBuffer(bytes: Uint8Array | null): Buffer | null {
  if (bytes === null || Buffer.isBuffer(bytes)) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

type Refuse = (what: string) => Error;

function idIn({ id }: AdoptedContent, refuse: Refuse): string {
  if (id === undefined || id === null) throw refuse("has no id; an event is known by its id, and handled once for each");
  return textIn("an id", id, refuse);
}

function textIn(name: string, value: unknown, refuse: Refuse): string {
  if (typeof value !== "string") throw refuse(`has ${name} that is no text, but ${kindOf(value)}`);
  if (value === "") throw refuse(`has ${name} that is empty`);
  if (!value.isWellFormed()) throw refuse(`has ${name} that is not well-formed Unicode`);
  return value;
}

/** ISO 8601; null without one. */
function timeIn({ time }: AdoptedContent, refuse: Refuse): string | null {
  if (time === undefined) return null;
  if (typeof time === "string") {
    if (timeMsOf(time) === null)
      throw refuse("has a time that is no RFC 3339 text; give a Date, milliseconds or 2026-01-31T12:00:00Z");
    return time;
  }
  const at = typeof time === "number" ? new Date(time) : time;
  if (!(at instanceof Date)) throw refuse(`has a time that is ${kindOf(time)}; give a Date, milliseconds or RFC 3339 text`);
  if (Number.isNaN(at.getTime())) throw refuse("has a time that is no point in time");
  return at.toISOString();
}

/** An id that stands in the data; null where it does not, of which the schema has more to say. */
function idOfData(name: string, read: () => string | null, data: unknown, refuse: Refuse): string | null {
  if (typeof data !== "object" || data === null) return null;
  const value = (data as Readonly<Record<string, unknown>>)[name];
  if (typeof value !== "string" && typeof value !== "number") return null;
  const id = read();
  if (id === null || id === "") return null;
  if (!id.isWellFormed()) throw refuse(`has, as "${name}" of its data, an id that is not well-formed Unicode`);
  return id;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (value === undefined) return "undefined";
  return `a${typeof value === "object" ? "n" : ""} ${typeof value}`;
}
