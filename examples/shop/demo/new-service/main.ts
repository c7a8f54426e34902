import { runUntilSignal } from "throughline";
import { customerValue } from "./customer-value.ts";

await runUntilSignal(customerValue);
