import { runUntilSignal } from "throughline";
import { inventory } from "./inventory.ts";

process.exitCode = await runUntilSignal(inventory);
