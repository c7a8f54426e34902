import { runUntilSignal } from "throughline";
import { notifications } from "./notifications.ts";

await runUntilSignal(notifications);
