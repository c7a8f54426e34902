import { runUntilSignal } from "throughline";
import { shipping } from "./shipping.ts";

process.exitCode = await runUntilSignal(shipping);
