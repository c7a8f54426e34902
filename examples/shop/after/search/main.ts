import { runUntilSignal } from "throughline";
import { search } from "./search.ts";

await runUntilSignal(search);
