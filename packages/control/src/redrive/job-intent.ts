import type { AuditIntent } from "../audit/create-audit.ts";
import type { PlannedConsumer } from "./job.ts";

/** What the audit says of a job: what is done to it, in a sentence. */
export function jobIntent(
  { id, consumers }: { readonly id: string; readonly consumers: readonly Pick<PlannedConsumer, "service" | "handler">[] },
  detail: string,
  reason: string | null = null,
): AuditIntent {
  const only = (names: readonly string[]): string => (new Set(names).size === 1 ? names[0]! : "*");
  const service = only(consumers.map((consumer) => consumer.service));
  const handler = only(consumers.map((consumer) => consumer.handler));
  return { action: "redrive-job", service, handler, id, detail, reason };
}
