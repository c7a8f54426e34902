import type { NewRecord } from "throughline/seams";
import { auditTopic, type AuditEntry } from "throughline/system-topics";

export const auditRecord = (entry: AuditEntry): NewRecord => ({
  topic: auditTopic,
  key: Buffer.from(`${entry.service}/${entry.handler}`),
  value: Buffer.from(JSON.stringify(entry)),
  headers: [["content-type", Buffer.from("application/json")]],
});
