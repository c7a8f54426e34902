import type { Store, UnitOfWork } from "throughline/seams";
import { kitFailure } from "./kit-failure.ts";

/** A handler's name that no service uses: where it stands, the kit has used the store before. */
const mark = "throughline.testing";
const everything = 1_000_000;

/**
 * Makes a store forget what Throughline keeps in it, for a log that begins anew; the application's own tables stay as they are.
 * Refuses a store that was ever used without the kit: its cursors and inbox are somebody's, and not to be lost.
 */
export async function freshStore(store: Store, service: string, nowMs: number): Promise<void> {
  await store.unitOfWork(async (unit) => {
    const handlers = await unit.handlers.all();
    if (handlers.length > 0 && !handlers.some(({ name }) => name === mark)) {
      throw kitFailure(
        `the store of "${service}" was used outside of tests, and a test would make it forget which events it has handled; give tests a store of their own, such as a file in a temporary folder`,
      );
    }
    for (const { id } of handlers) await unit.handlers.remove(id);
    await forgetOutbox(unit);
    await unit.handlers.register([{ name: mark, renamedFrom: [], types: [] }], nowMs);
  });
}

async function forgetOutbox({ outbox }: UnitOfWork<unknown>): Promise<void> {
  for (const { row } of await outbox.stopped()) await outbox.repair(row.ticket, "skip");
  await outbox.sent((await outbox.number(everything)).map(({ ticket }) => ticket));
  await outbox.forgetIds(Number.MAX_SAFE_INTEGER, everything);
}
