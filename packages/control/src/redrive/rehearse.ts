import {
  defineEvent,
  defineReader,
  decodeEvent,
  type JsonSchema,
  type Problem,
  readData,
  type ReaderContract,
} from "throughline";
import type { EventLog } from "throughline/seams";
import { controlError } from "../errors/catalogue.ts";
import type { IndexedFailure } from "../failures/indexed-failure.ts";
import type { IndexStore } from "../index-store/index-store.ts";
import { isRead, type WrittenDataReader } from "../payload/written-data.ts";
import { readLetters } from "./read-letters.ts";
import type { Selection } from "./selection.ts";

export interface RehearsalRequest {
  readonly selection: Selection;
  /** What the handler is to read: a JSON Schema, draft-07 or 2020-12. */
  readonly schema: JsonSchema;
  /** Only events of this type; the others are not looked at. */
  readonly type?: string;
  /** Letters that are looked at, the newest first; 10,000 by default. */
  readonly most?: number;
  readonly maySee?: (service: string) => boolean;
}

export interface Rehearsal {
  /** Letters that were looked at. */
  readonly looked: number;
  /** More letters fit than were looked at. */
  readonly isMore: boolean;
  readonly passed: number;
  readonly failed: number;
  /** Their data is no JSON, or the log has it no more. */
  readonly unreadable: number;
  /** What is wrong with those that fail: the most frequent first. */
  readonly causes: readonly RehearsalCause[];
}

export interface RehearsalCause {
  readonly pointer: string;
  readonly message: string;
  readonly count: number;
  /** A failure that it was found in. */
  readonly example: string;
}

const pageSize = 200;
const mostByDefault = 10_000;
const causesShown = 50;
/** Different sentences that are counted; a message may quote what it found. */
const mostCauses = 10_000;

/**
 * Reads the open dead letters of a selection against a candidate schema, as a handler with that contract would: properties that it does not
 * name are ignored. Tells how many would pass, and why the others fail. Writes nothing, asks no service for anything, and keeps nothing.
 * Throws `REDRIVE_SCHEMA_INVALID`.
 */
export async function rehearse(
  { log, index, writtenData }: { readonly log: EventLog; readonly index: IndexStore; readonly writtenData?: WrittenDataReader },
  { selection, schema, type, most = mostByDefault, maySee = () => true }: RehearsalRequest,
  signal?: AbortSignal,
): Promise<Rehearsal> {
  const reader = readerOf(schema);
  const causes = new Map<string, { -readonly [Key in keyof RehearsalCause]: RehearsalCause[Key] }>();
  const found = { looked: 0, passed: 0, failed: 0, unreadable: 0 };
  for await (const page of pagesOf(index, selection, most)) {
    const failures = page.filter((failure) => maySee(failure.service) && (type === undefined || failure.type === type));
    const letters = await readLetters(log, failures, signal);
    signal?.throwIfAborted();
    for (const { failureId } of failures) {
      found.looked += 1;
      const { original, isGone, valueOmitted } = letters.get(failureId)!;
      const written = isGone || valueOmitted ? null : ((await writtenData?.read(original)) ?? null);
      const data = () => (isRead(written) ? (JSON.parse(written.text) as unknown) : decodeEvent(original).data());
      const problems = isGone || valueOmitted ? null : problemsOf(reader, data);
      if (problems === null) found.unreadable += 1;
      else if (problems.length === 0) found.passed += 1;
      else {
        found.failed += 1;
        for (const { pointer, message } of problems)
          count(causes, pointer.replaceAll(/\/\d+(?=\/|$)/g, "/[]"), message, failureId);
      }
    }
    if (found.looked >= most) return told(found, causes, true);
  }
  return told(found, causes, false);
}

const told = (
  found: Omit<Rehearsal, "isMore" | "causes">,
  causes: ReadonlyMap<string, RehearsalCause>,
  isMore: boolean,
): Rehearsal => ({
  ...found,
  isMore,
  causes: [...causes.values()].toSorted((a, b) => b.count - a.count).slice(0, causesShown),
});

function count(
  causes: Map<string, { -readonly [Key in keyof RehearsalCause]: RehearsalCause[Key] }>,
  pointer: string,
  message: string,
  example: string,
): void {
  // What was found differs from event to event, and what was asked for does not.
  const asked = message.replace(/, but is .*$/s, "");
  const key = JSON.stringify([pointer, asked]);
  const known = causes.get(key);
  if (known !== undefined) known.count += 1;
  else if (causes.size < mostCauses) causes.set(key, { pointer, message: asked, count: 1, example });
}

/** A contract that has nothing but the schema. */
function readerOf(schema: JsonSchema): ReaderContract<string, unknown> {
  try {
    return defineReader(anything, { data: schema }) as ReaderContract<string, unknown>;
  } catch (error) {
    const { problems = [] } = (error as { details?: { problems?: readonly Problem[] } }).details ?? {};
    throw controlError("REDRIVE_SCHEMA_INVALID", {
      problems:
        problems.length === 0
          ? [(error as Error).message]
          : problems.map(({ pointer, message }) => `${pointer} ${message}`.trim()),
    });
  }
}

const anything = defineEvent<string, Record<string, unknown>>("rehearsed.event", {
  version: 1,
  subject: "id" as never,
  data: { type: "object", properties: { id: { type: "string" } }, required: ["id"] },
});

function problemsOf(reader: ReaderContract<string, unknown>, data: () => unknown): readonly Problem[] | null {
  let json: unknown;
  try {
    json = data();
  } catch {
    return null;
  }
  if (json instanceof Uint8Array) return null;
  try {
    readData(reader, 1, json);
    return [];
  } catch (error) {
    const { code, details } = error as { code?: string; details?: { problems?: readonly Problem[] } };
    if (code === "EVENT_INVALID") return details?.problems ?? [];
    throw error;
  }
}

async function* pagesOf(index: IndexStore, selection: Selection, most: number): AsyncGenerator<readonly IndexedFailure[]> {
  if ("failureIds" in selection) {
    const ids = [...new Set(selection.failureIds)].slice(0, most);
    for (let at = 0; at < ids.length; at += pageSize)
      yield (await index.failures({ failureIds: ids.slice(at, at + pageSize), limit: pageSize })).failures;
    return;
  }
  let cursor: string | null = null;
  do {
    const page = await index.failures({
      ...selection.query,
      state: "open",
      limit: Math.min(pageSize, most),
      ...(cursor === null ? {} : { cursor }),
    });
    yield page.failures;
    ({ cursor } = page);
  } while (cursor !== null);
}
