/** Commits pairs of events with a row of its own until it is killed, and prints what was acknowledged. Arguments: address, name. */
import { systemSurroundings } from "throughline";
import { isThroughlineError } from "throughline/seams";
import { postgres } from "../src/index.ts";
import { outboxRow } from "./store-fixture.ts";

const [, , url = "", name = ""] = process.argv;
const store = postgres({ url });
await store.open({ service: "billing", surroundings: systemSurroundings });
for (let n = 1; ; n += 1) {
  const subjects = [`s-${n % 3}`, `s-${(n + 1) % 3}`];
  try {
    await store.transaction(async (tx) => {
      await store.publishIn(tx, [outboxRow(n, { eventId: `${name}-${n}-first`, subject: subjects[0] ?? null })]);
      await tx.query("INSERT INTO commits (writer, n) VALUES ($1, $2)", [name, n]);
      await new Promise((resolve) => setImmediate(resolve));
      await store.publishIn(tx, [outboxRow(n, { eventId: `${name}-${n}-second`, subject: subjects[1] ?? null })]);
    });
    process.stdout.write(`${n}\n`);
  } catch (error) {
    // The server may be killed too: what is not acknowledged may be there or not.
    if (!isThroughlineError(error) || !error.retryable) throw error;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
