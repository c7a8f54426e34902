/** Hangs inside a transaction, with a neighbour waiting behind it, and prints how both end. Argument: file. */
import { systemSurroundings } from "throughline";
import { sqlite } from "../src/index.ts";
import { put } from "./store-fixture.ts";

const store = sqlite({ file: process.argv[2] ?? "" });
await store.open({ service: "billing", surroundings: systemSurroundings });
// The store's own timers keep no process alive.
const alive = setInterval(() => undefined, 1_000);
const hanging = store.transaction((tx) => {
  tx.run(put, "hanging", 1);
  process.stdout.write("hanging\n");
  return new Promise(() => undefined);
});
const neighbour = store.transaction((tx) => tx.run(put, "child's neighbour", 1));
process.stdout.write(`${await hanging.then(String, (error: { code: string }) => error.code)}\n`);
await neighbour;
process.stdout.write("neighbour committed\n");
await store.close();
clearInterval(alive);
