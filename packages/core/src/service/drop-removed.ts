import { letterAnswer } from "../handling/letter-answer.ts";
import { eventReceipt } from "../handling/receipt-writer.ts";
import type { ServiceScope } from "../handling/scope.ts";
import type { HandlerRow, ParkedRow, PositionRow, UnitOfWork } from "../seams/store.ts";

const batchSize = 200;

/**
 * Drops what is parked of a handler that the code no longer has, dead letters included: each counts as discarded, and its
 * subjects wait for none of it if the handler comes back. Cursors, inbox and positions stay, so that instances of older code
 * do nothing twice. Answers how many.
 */
export async function dropParked(scope: ServiceScope<unknown>, handler: HandlerRow): Promise<number> {
  const epochs = await scope.store.unitOfWork((unit) => unit.handlers.epochs(handler.id), { readOnly: true });
  let dropped = 0;
  for (const run of epochs) {
    for (let isMore = true; isMore;) {
      const rows = await scope.store.unitOfWork(async (unit) => {
        const batch = await unit.parked.ofRun(run, batchSize);
        await forget(scope, unit, handler, batch);
        return batch;
      });
      dropped += rows.length;
      isMore = rows.length === batchSize;
    }
  }
  return dropped;
}

async function forget(
  scope: ServiceScope<unknown>,
  unit: UnitOfWork<unknown>,
  { name }: HandlerRow,
  rows: readonly ParkedRow[],
): Promise<void> {
  const streams = Map.groupBy(rows, ({ stream }) => stream);
  for (const [stream, ofStream] of streams) {
    const run = ofStream[0]!;
    const subjects = [...new Set(ofStream.map(({ subject }) => subject))].filter((subject) => subject !== "");
    await unit.positions.lock(run, stream, subjects, { wait: true });
    const positions = await unit.positions.find(run, stream, subjects);
    const freed = [...positions.values()].map((position): PositionRow => ({ ...position, parked: 0, baseline: 0 }));
    await unit.positions.save(run, stream, freed);
  }
  await unit.parked.remove(rows.map(({ id }) => id));
  const dead = rows.filter(({ state }) => state === "dead");
  await unit.outbox.add(
    dead.flatMap((row) => [
      eventReceipt(scope, { name, epoch: row.epoch }, scope.deliveries.parked(row), "discarded", { failureId: row.id }),
      letterAnswer(scope, { handler: name, failureId: row.id }, "discarded"),
    ]),
  );
}
