import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { runUntilSignal } from "throughline";
import { ledgerService } from "./ledger.ts";

const { FOLDER: folder = "", INSTANCE: instance = "" } = process.env;
process.exitCode = await runUntilSignal(ledgerService(folder, instance), {
  onStart: () => writeFileSync(join(folder, `${instance}.started`), String(process.pid)),
});
