import { runUntilSignal } from "throughline";
import { recommendations } from "./recommendations.ts";

await runUntilSignal(recommendations);
