import { runUntilSignal } from "throughline";
import { notifications } from "./notifications.ts";

process.exitCode = await runUntilSignal(notifications);
