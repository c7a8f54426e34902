/** What tools need to look after a store that its service does not run: `throughline/outbox`. */
export { planRecovery, recover, type Recovery } from "./recovery.ts";
export type { SentEvent } from "./sent-events.ts";
