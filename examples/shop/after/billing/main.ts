import { runUntilSignal } from "throughline";
import { billing } from "./billing.ts";

await runUntilSignal(billing);
