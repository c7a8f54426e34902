import { runUntilSignal } from "throughline";
import { loyalty } from "./loyalty.ts";

await runUntilSignal(loyalty);
