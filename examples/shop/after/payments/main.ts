import { runUntilSignal } from "throughline";
import { payments } from "./payments.ts";

await runUntilSignal(payments);
