import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Event, HandlerOptions } from "throughline";
import { letters, logOf, OrderUpdated, reader, settled, updated, worlds } from "./modes-fixture.ts";

/** Each different arrangement of these items. */
function arrangements(items: readonly number[]): number[][] {
  if (items.length === 0) return [[]];
  return [...new Set(items)].flatMap((item) =>
    arrangements(items.toSpliced(items.indexOf(item), 1)).map((rest) => [item, ...rest]),
  );
}

/** All orders of four events, and of three that each come twice; a subject for each. */
const arrivals = [...arrangements([1, 2, 3, 4]), ...arrangements([1, 1, 2, 2, 3, 3])];

/** The first of each, then the second of each …: one batch holds several events of a subject, and of many subjects. */
const records = [0, 1, 2, 3, 4, 5].flatMap((place) =>
  arrivals.flatMap((arrival, i) => {
    const sequence = arrival[place];
    const id = `01900000-0000-7000-9000-${String(i * 10 + (sequence ?? 0)).padStart(12, "0")}`;
    return sequence === undefined ? [] : [updated(`s${i}`, sequence, { id })];
  }),
);

const modes = ["overlapping", "set-based", "set-based, many of a subject"] as const;

for (const [name, makeWorld] of worlds) {
  describe(`every order of arrival, ${name} (R5)`, () => {
    for (const mode of modes) {
      for (const order of ["sequential", "latest", "any"] as const) {
        it(`${mode}, ${order}: ${arrivals.length} subjects end as they should, and nothing is dead or done twice`, async () => {
          const world = makeWorld();
          const log = await logOf(records);
          let place = 0;
          // A second effect of one event would fail: its key is taken.
          const apply = (tx: unknown, { subject, sequence }: Event): Promise<void> =>
            world.insert(tx, `${subject}/${sequence}`, ++place);
          // The log's clock stands still, so no deadline passes while an event waits for one that comes.
          const options: HandlerOptions<unknown> = { order, gapDeadlineMs: 3_600_000, reorderWindowMs: 3_600_000 };
          const service = reader(log, world);
          if (mode === "overlapping")
            service.on(OrderUpdated, "follow", (event, ctx) => apply(ctx.tx, event), { ...options, overlap: true });
          else
            service.onBatch(
              OrderUpdated,
              "follow",
              async (events, ctx) => {
                for (const event of events) await apply(ctx.tx, event);
              },
              { ...options, manyPerSubject: mode !== "set-based" },
            );
          await using _running = await service.start();
          await settled(log, world.store);
          const places = await world.all();
          for (const [i, arrival] of arrivals.entries()) {
            const last = Math.max(...arrival);
            const applied = Array.from({ length: last }, (_, n) => n + 1)
              .map((sequence) => ({ sequence, at: places[`s${i}/${sequence}`] }))
              .filter(({ at }) => at !== undefined)
              .sort((a, b) => (a.at ?? 0) - (b.at ?? 0))
              .map(({ sequence }) => sequence);
            if (order !== "latest") assert.equal(applied.length, last, `${arrival.join()} was applied as ${applied.join()}`);
            if (order !== "any")
              assert.deepEqual(
                applied,
                applied.toSorted((a, b) => a - b),
                `${arrival.join()} was applied as ${applied.join()}`,
              );
            if (order !== "any") assert.equal(applied.at(-1), last, `${arrival.join()} was applied as ${applied.join()}`);
          }
          assert.equal((await letters(log)).length, 0);
        });
      }
    }
  });
}
