import { runUntilSignal } from "throughline";
import { billing } from "./billing.ts";

process.exitCode = await runUntilSignal(billing);
