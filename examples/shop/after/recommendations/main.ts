import { runUntilSignal } from "throughline";
import { recommendations } from "./recommendations.ts";

process.exitCode = await runUntilSignal(recommendations);
