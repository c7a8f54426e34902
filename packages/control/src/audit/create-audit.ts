import type { EventLog, Surroundings } from "throughline/seams";
import { type AuditEntry, auditRecord, auditTopic, type ControlAuditEntry, topicSpec } from "throughline/system-topics";
import { controlError } from "../errors/catalogue.ts";

type Without<T> = T extends unknown ? Omit<T, "by" | "atMs" | "reason"> & { readonly reason?: string | null } : never;
/** What is to be done; who asks, and when, is added. */
export type AuditIntent = Without<AuditEntry | ControlAuditEntry>;

/** Writes down who asks for what. */
export interface Audit {
  /**
   * Resolves once an entry stands in the log. What it tells of is done after that, and not if it rejects.
   * @throws CONTROL_AUDIT_UNWRITTEN
   */
  (actor: { readonly name: string }, intent: AuditIntent): Promise<void>;
}

/** An audit in `throughline.audit`: of all topics the one that keeps its records for good, so that no index needs to. */
export function createAudit({ log, surroundings }: { log: EventLog; surroundings: Surroundings }): Audit {
  let topic: Promise<void> | undefined;
  return async ({ name }, intent) => {
    const entry = { reason: null, ...intent, by: name, atMs: surroundings.clock.now() };
    try {
      await (topic ??= log.createTopics([topicSpec(auditTopic)]));
      const [result] = await log.append([auditRecord(entry)]);
      if (result?.ok !== true) throw result?.error ?? new Error("the log answered with nothing");
    } catch (error) {
      // A topic that could not be made now can be later.
      topic = undefined;
      throw controlError("CONTROL_AUDIT_UNWRITTEN", { action: intent.action, what: (error as Error).message }, error);
    }
  };
}

/** Writes an entry, then makes the change that it tells of; a change that fails is told of, too. */
export async function audited<T>(
  audit: Audit,
  actor: { readonly name: string },
  intent: AuditIntent,
  change: () => Promise<T>,
): Promise<T> {
  await audit(actor, intent);
  try {
    return await change();
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    await audit(actor, { ...intent, outcome: "refused", detail }).catch(() => undefined);
    throw error;
  }
}
