import { runUntilSignal } from "throughline";
import { search } from "./search.ts";

process.exitCode = await runUntilSignal(search);
