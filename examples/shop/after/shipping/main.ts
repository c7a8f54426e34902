import { runUntilSignal } from "throughline";
import { shipping } from "./shipping.ts";

await runUntilSignal(shipping);
