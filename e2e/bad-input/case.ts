import assert from "node:assert/strict";
import { isThroughlineError, type LogRecord, type ParkedReason } from "throughline";
import { plainRecord } from "throughline/seams";
import type { FoundLetter, Shop } from "./shop.ts";
import { until } from "./until.ts";

/** How a bad input is brought about. `subject` is the case's own. */
export type Bring = (shop: Shop, subject: string) => Promise<unknown>;

export type Expected =
  | { readonly is: "refused"; readonly code: string; readonly says: RegExp }
  | { readonly is: "dead"; readonly reason: ParkedReason; readonly says: RegExp }
  | { readonly is: "handled" | "ignored" }
  | { readonly is: "told"; readonly says: RegExp };

/** One bad input: how it is brought about, and what comes of it. */
export type Case = readonly [name: string, bring: Bring, expected: Expected];

/** It rejects with this code and message, and nothing was written anywhere. */
export const refused = (code: string, says: RegExp): Expected => ({ is: "refused", code, says });
/** The service does not start, and says why. */
export const cannotStart = (says: RegExp): Expected => refused("SERVICE_CANNOT_START", says);
/** It is one dead letter, with the untouched bytes, and had no effect. Where a handler was the cause, it is redriven without it. */
export const dead = (reason: ParkedReason, says: RegExp): Expected => ({ is: "dead", reason, says });
/** It is handled once: it was bad only at first sight. */
export const handled: Expected = { is: "handled" };
/** It has no effect and is no dead letter. */
export const ignored: Expected = { is: "ignored" };
/** Everything goes on by itself when the trouble is over, or it ends as told; this is what was said meanwhile. */
export const told = (says: RegExp): Expected => ({ is: "told", says });

/** Thrown where this machine cannot bring the input about. */
export class NotPossibleHere extends Error {}

/** Brings the bad input about between two good events, and checks what is expected, and that nothing was lost. */
export async function check([, bring, expected]: Case, shop: Shop, subject: string): Promise<void> {
  await shop.goodEvent();
  const written = await shop.written();
  const letters = (await shop.deadLetters()).length;
  if (expected.is === "refused") {
    const error = await rejection(bring(shop, subject));
    assert.ok(isThroughlineError(error, expected.code), `expected ${expected.code}, and got ${String(error)}`);
    assert.match(error.message, expected.says);
    assert.equal(await shop.written(), written, "something was written");
  } else {
    const said = await bring(shop, subject);
    if (expected.is === "told") assert.match(String(said), expected.says);
  }
  await shop.goodEvent();
  if (expected.is === "dead") await checkLetter(expected, shop, subject, letters);
  else assert.equal((await shop.deadLetters()).length, letters, "an event became a dead letter");
  if (expected.is === "handled") await until("it is handled", async () => (await shop.notes("order_id", subject)) === 1);
  if (expected.is === "ignored") assert.equal(await shop.notes("order_id", subject), 0);
  assert.deepEqual(await shop.lost(), []);
}

async function checkLetter(
  expected: Extract<Expected, { is: "dead" }>,
  shop: Shop,
  subject: string,
  before: number,
): Promise<void> {
  await until("there is a dead letter", async () => (await shop.deadLetters()).length > before);
  const [found, ...more] = (await shop.deadLetters()).slice(before);
  assert.ok(found !== undefined);
  assert.equal(more.length, 0);
  assert.equal(found.letter.reason, expected.reason, found.letter.error.message);
  assert.match(found.letter.error.message, expected.says);
  await checkBytes(found, shop);
  assert.equal(await shop.notes("order_id", subject), 0, "the effect of a dead letter was committed");
  if (!shop.misbehaviour.delete(subject)) return;
  await shop.redrive(found);
  await until("the redriven event is handled", async () => (await shop.notes("order_id", subject)) === 1);
}

/** The letter and the store hold what stands in the log. */
async function checkBytes({ letter, original }: FoundLetter, shop: Shop): Promise<void> {
  const { topic, partition, offset } = letter.origin;
  const kept = await shop.billingStore.unitOfWork((unit) => unit.parked.get(letter.failureId), { readOnly: true });
  for await (const [record] of shop.log.read({ topic, partition, fromOffset: offset, toOffset: offset + 1 })) {
    assert.deepEqual(plain(kept?.record), plain(record));
    assert.deepEqual(
      plain(original),
      plain(letter.valueOmitted === true && record !== undefined ? { ...plainRecord(record), value: null } : record),
    );
  }
}

/** What it rejects with; a service that starts after all is closed again. */
export async function rejection(work: Promise<unknown>): Promise<unknown> {
  let fulfilled: unknown;
  try {
    fulfilled = await work;
  } catch (error) {
    return error;
  }
  await (fulfilled as Partial<AsyncDisposable> | undefined)?.[Symbol.asyncDispose]?.();
  assert.fail("nothing was refused");
}

/** What counts of a record; a Buffer is as good as any other bytes. */
function plain(record: LogRecord | undefined): unknown {
  const text = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString("latin1"));
  return record && [text(record.key), text(record.value), record.headers.map(([name, value]) => [name, text(value)])];
}
