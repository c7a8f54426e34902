import type { ServerName } from "./front-door/ports.ts";

/** The twelve services, each a process of its own: `before/<name>/main.ts` over HTTP, `after/<name>/main.ts` on events. */
export const services = [
  "orders",
  "payments",
  "billing",
  "notifications",
  "analytics",
  "inventory",
  "shipping",
  "loyalty",
  "fraud",
  "search",
  "returns",
  "recommendations",
] as const satisfies readonly ServerName[];
export type ServiceName = (typeof services)[number];
