import { runUntilSignal } from "throughline";
import { customerValue } from "./customer-value.ts";

process.exitCode = await runUntilSignal(customerValue);
