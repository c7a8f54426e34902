import { runUntilSignal } from "throughline";
import { fraud } from "./fraud.ts";

await runUntilSignal(fraud);
