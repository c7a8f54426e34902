import { runUntilSignal } from "throughline";
import { analytics } from "./analytics.ts";

process.exitCode = await runUntilSignal(analytics);
