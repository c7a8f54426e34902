import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { openSqliteLog, sqlite } from "@throughline/sqlite";
import { createService, defineEvent, RetryLater } from "throughline";
import * as z from "zod";
import { sizes } from "../../../e2e/sizes.ts";

const StepDone = defineEvent("step.done", { version: 1, subject: "id", data: z.object({ id: z.string(), n: z.int() }) });
const counts = sizes({ test: { shared: 5_000, own: 1_000, call: 1_000 }, soak: { shared: 5_000, own: 5_000, call: 5_000 } });

async function until(what: string, condition: () => boolean | Promise<boolean>, timeoutMs = 120_000): Promise<void> {
  const endsAt = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > endsAt) throw new Error(`it did not happen within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe("a subject with thousands of parked events (R6)", () => {
  for (const kind of ["shared", "own", "call"] as const) {
    it(`${kind}: runs them in order, and reads few rows for each`, async () => {
      const events = counts[kind];
      const folder = await mkdtemp(join(tmpdir(), "throughline-"));
      const store = sqlite({ file: join(folder, "store.db") });
      let rowsRead = 0;
      const unitOfWork = store.unitOfWork.bind(store);
      store.unitOfWork = (work, options) =>
        unitOfWork((unit) => {
          const counted: typeof unit.parked.ofSubject = async (...subject) => {
            const rows = await unit.parked.ofSubject(...subject);
            rowsRead += rows.length;
            return rows;
          };
          const countedOfMany: typeof unit.parked.ofSubjects = async (...of) => {
            const queues = await unit.parked.ofSubjects(...of);
            for (const rows of queues.values()) rowsRead += rows.length;
            return queues;
          };
          return work({ ...unit, parked: { ...unit.parked, ofSubject: counted, ofSubjects: countedOfMany } });
        }, options);
      const service = createService({
        name: "steps",
        eventLog: () => openSqliteLog(join(folder, "events.db")),
        store,
        from: "earliest",
        log: { silent: true },
      });
      const seen: number[] = [];
      let isReady = false;
      const take = (n: number): void => {
        if (!isReady) throw new RetryLater(50);
        seen.push(n);
      };
      if (kind === "call") service.on(StepDone, "follow", { call: async ({ data }) => take(data.n) }, { replay: "run" });
      else service.on(StepDone, "follow", ({ data }) => take(data.n), { transaction: kind });
      {
        await using _running = await service.start();
        for (let n = 0; n < events; n += 500) {
          await store.transaction(async (tx) => {
            for (let i = n; i < n + 500; i++) await service.publish(StepDone, { id: "one", n: i }, { tx });
          });
        }
        const parked = async (): Promise<number> =>
          Number((await store.all("SELECT count(*) AS n FROM throughline_parked"))[0]?.["n"]);
        await until("all are parked", async () => (await parked()) === events);
        rowsRead = 0;
        isReady = true;
        await until("all have run", () => seen.length === events);
        await until("nothing is parked", async () => (await parked()) === 0);
      }
      assert.deepEqual(
        seen,
        seen.toSorted((a, b) => a - b),
      );
      assert.ok(rowsRead / events < 20, `${rowsRead} rows of the queue were read for ${events} events`);
      await rm(folder, { recursive: true });
    });
  }
});
