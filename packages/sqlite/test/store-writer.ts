/** Commits pairs of events with a row of its own until it is killed, and prints what was acknowledged. Arguments: file, name. */
import { systemSurroundings } from "throughline";
import { sqlite } from "../src/index.ts";
import { outboxRow } from "./store-fixture.ts";

const [, , file = "", name = ""] = process.argv;
const store = sqlite({ file, transactionLimitMs: 20_000 });
await store.open({ service: "billing", surroundings: systemSurroundings });
for (let n = 1; ; n += 1) {
  const subjects = [`s-${n % 3}`, `s-${(n + 1) % 3}`];
  await store.transaction(async (tx) => {
    await store.publishIn(tx, [outboxRow(n, { eventId: `${name}-${n}-first`, subject: subjects[0] ?? null })]);
    tx.run("INSERT INTO commits (writer, n) VALUES (?, ?)", name, n);
    await new Promise((resolve) => setImmediate(resolve));
    await store.publishIn(tx, [outboxRow(n, { eventId: `${name}-${n}-second`, subject: subjects[1] ?? null })]);
  });
  process.stdout.write(`${n}\n`);
}
