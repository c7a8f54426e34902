/** Tries to be the first with 50 leases, inbox rows and ids, prints how often it was, and stays. Arguments: address, name. */
import { systemSurroundings } from "throughline";
import { postgres } from "../src/index.ts";
import { outboxRow } from "./store-fixture.ts";

const [, , url = "", name = ""] = process.argv;
const store = postgres({ url });
await store.open({ service: "billing", surroundings: systemSurroundings });
const run = { handlerId: 1, epoch: 1 };
let leases = 0;
let inbox = 0;
for (let n = 0; n < 50; n += 1) {
  if (await store.unitOfWork((unit) => unit.leases.acquire(`lease-${n}`, name, 1, 2))) leases += 1;
  await store
    .unitOfWork((unit) =>
      unit.inbox.add(run, [{ key: `key-${n}`, partition: 0, offset: n, outcome: "applied", handledAtMs: 1, durationMicros: 1 }]),
    )
    .then(
      () => (inbox += 1),
      (error: { code: string }) => {
        if (error.code !== "INBOX_CONFLICT") throw error;
      },
    );
  await store.transaction((tx) => store.publishIn(tx, [outboxRow(n, { once: true })]));
}
process.stdout.write(`${JSON.stringify({ leases, inbox })}\n`);
// Until it is killed: a lease of a dead process would be free.
setInterval(() => undefined, 1_000);
