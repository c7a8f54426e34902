import { runUntilSignal } from "throughline";
import { inventory } from "./inventory.ts";

await runUntilSignal(inventory);
