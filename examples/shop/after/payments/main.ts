import { runUntilSignal } from "throughline";
import { payments } from "./payments.ts";

process.exitCode = await runUntilSignal(payments);
