import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { runUntilSignal } from "throughline";
import { ordersService, type Release, releases } from "./releases.ts";

const { FOLDER: folder = "", SERVICE: service = "", RELEASE: release = "1", INSTANCE: instance = "" } = process.env;

const onStart = (): void => writeFileSync(join(folder, `${instance}.started`), String(process.pid));

if (service === "billing") {
  process.exitCode = await runUntilSignal(releases[release as Release](folder, instance), { onStart });
} else {
  const orders = ordersService(folder, release as Release, instance);
  const stopping = new AbortController();
  let placing: Promise<void> = Promise.resolve();
  process.exitCode = await runUntilSignal(orders.service, {
    onStart: () => {
      onStart();
      placing = (async () => {
        while (!stopping.signal.aborted) {
          await orders.place();
          await wait(8);
        }
      })();
    },
    onClose: () => {
      stopping.abort();
      return placing;
    },
  });
}
