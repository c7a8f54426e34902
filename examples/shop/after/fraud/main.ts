import { runUntilSignal } from "throughline";
import { fraud } from "./fraud.ts";

process.exitCode = await runUntilSignal(fraud);
