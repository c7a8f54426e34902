import type { EventLog, AppendResult, LogRecord } from "throughline/seams";
import {
  type AuditEntry,
  auditRecord,
  auditTopic,
  ownTopicSpecs,
  redriveRecord,
  type RedriveRequest,
  topicSpec,
} from "throughline/system-topics";

/** The same for each request that somebody asks for at once. */
export type RequestTerms = Pick<RedriveRequest, "action" | "by" | "reason" | "atMs" | "editedValue" | "force">;

/** A dead letter as far as a request needs it. */
export interface Letter {
  readonly failureId: string;
  readonly service: string;
  readonly handler: string;
  readonly valueOmitted?: boolean;
}

/** Asks a letter's own service, and nobody else, for its own handler. */
export const requestFor = (letter: Letter, original: LogRecord, requestId: string, terms: RequestTerms): RedriveRequest => ({
  requestId,
  service: letter.service,
  handler: letter.handler,
  failureId: letter.failureId,
  original,
  ...(letter.valueOmitted === true ? { valueOmitted: true as const } : {}),
  ...terms,
});

/** Makes what is not there yet of the topics that requests to some services are written to. */
export async function makeRequestTopics(log: EventLog, services: readonly string[]): Promise<void> {
  await log.createTopics([...new Set(services)].flatMap(ownTopicSpecs).concat(topicSpec(auditTopic)));
}

/**
 * Writes requests in their order, and answers a result for each. Their audit entries are written first: no request stands in the log
 * that nobody is known to have asked for. A request whose entry was refused is not written.
 */
export async function writeRequests(
  log: EventLog,
  requests: readonly RedriveRequest[],
  jobId?: string,
): Promise<readonly AppendResult[]> {
  const audited = await log.append(requests.map((request) => auditRecord(auditEntry(request, jobId))));
  const first = audited.findIndex(({ ok }) => !ok);
  const writable = first === -1 ? requests : requests.slice(0, first);
  const written = writable.length === 0 ? [] : await log.append(writable.map(redriveRecord));
  return [...written, ...requests.slice(writable.length).map(() => audited[first]!)];
}

const auditEntry = (
  { action, editedValue, service, handler, by, reason, atMs, requestId, failureId }: RedriveRequest,
  jobId: string | undefined,
): AuditEntry => ({
  action: editedValue === null ? action : "edit",
  service,
  handler,
  by,
  reason,
  atMs,
  id: requestId,
  failureId,
  ...(jobId === undefined ? {} : { jobId }),
});
