import assert from "node:assert/strict";
import { isThroughlineError, type ParkedReason } from "throughline";
import type { Shop } from "./shop.ts";
import { until } from "./until.ts";

/** One bad input: how it is brought about, and what comes of it. */
export interface Case {
  readonly name: string;
  /** `subject` is this case's own. */
  readonly bring: (shop: Shop, subject: string) => Promise<unknown>;
  readonly expect: Expected;
}

export type Expected =
  /** It rejects with this code, and nothing is written anywhere. */
  | { readonly error: string; readonly says: RegExp }
  /** One dead letter of this reason, with the untouched bytes and no effect. */
  | { readonly dead: ParkedReason; readonly says: RegExp }
  /** It is handled, once: bad only at first sight. */
  | { readonly handled: true }
  /** Nobody handles it: no effect, no dead letter. */
  | { readonly ignored: true };

/** Brings the bad input about between two good events, and checks what is expected and that nothing else was lost. */
export async function check({ bring, expect }: Case, shop: Shop, subject: string): Promise<void> {
  await shop.goodEvent();
  const written = await shop.written();
  const lettersBefore = (await shop.deadLetters()).length;
  if ("error" in expect) {
    const error = await bring(shop, subject).then(
      () => assert.fail("nothing was refused"),
      (thrown: unknown) => thrown,
    );
    assert.ok(isThroughlineError(error, expect.error), `expected ${expect.error}, but got ${String(error)}`);
    assert.match(error.message, expect.says);
    assert.equal(await shop.written(), written, "something was written");
  } else {
    await bring(shop, subject);
  }
  await shop.goodEvent();
  if ("dead" in expect) await checkLetter(expect, shop, subject, lettersBefore);
  else assert.equal((await shop.deadLetters()).length, lettersBefore, "an event became a dead letter");
  if ("handled" in expect) assert.equal(await shop.notes("order_id", subject), 1);
  if ("ignored" in expect) assert.equal(await shop.notes("order_id", subject), 0);
  assert.deepEqual(await shop.lost(), []);
}

async function checkLetter(
  { dead, says }: Extract<Expected, { dead: string }>,
  shop: Shop,
  subject: string,
  before: number,
): Promise<void> {
  await until("there is a dead letter", async () => (await shop.deadLetters()).length > before);
  const letters = (await shop.deadLetters()).slice(before);
  assert.equal(letters.length, 1);
  const [found] = letters;
  assert.ok(found !== undefined);
  assert.equal(found.letter.reason, dead, found.letter.error.message);
  assert.match(found.letter.error.message, says);
  const { topic, partition, offset } = found.letter.origin;
  for await (const [record] of shop.log.read({ topic, partition, fromOffset: offset, toOffset: offset + 1 })) {
    assert.deepEqual(
      [found.original.key, found.original.value, found.original.headers],
      [record?.key, record?.value, record?.headers],
    );
  }
  assert.equal(await shop.notes("order_id", subject), 0, "the effect of a dead letter was committed");
  if (!shop.misbehaviour.delete(subject)) return;
  // The cause is gone: redriven, it is handled, and so nothing was lost.
  await shop.redrive(found);
  await until("the redriven event is handled", async () => (await shop.notes("order_id", subject)) === 1);
}
