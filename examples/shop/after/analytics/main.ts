import { runUntilSignal } from "throughline";
import { analytics } from "./analytics.ts";

await runUntilSignal(analytics);
