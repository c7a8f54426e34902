import { runUntilSignal } from "throughline";
import { loyalty } from "./loyalty.ts";

process.exitCode = await runUntilSignal(loyalty);
