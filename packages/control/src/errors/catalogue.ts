import { errorTable } from "throughline/seams";
import { accessErrors } from "./access-errors.ts";

/** What only the control plane knows. */
export const controlErrors = {
  ...accessErrors,
  CONTROL_AMBIGUOUS: {
    retryable: false,
    message: (d: { what: string; given: string; candidates: readonly string[] }) =>
      `"${d.given}" names ${d.candidates.length} ${d.what}: ${d.candidates.slice(0, 5).join(", ")}${d.candidates.length > 5 ? ", …" : ""}; give more of it`,
  },
  CONTROL_BUSY: {
    retryable: true,
    message: (d: { what: string; todo: string }) => `the control plane takes no more of these now: ${d.what}; ${d.todo}`,
  },
  CONTROL_NOT_FOUND: {
    retryable: false,
    message: (d: { what: string; hint: string }) => `there is no ${d.what}: ${d.hint}`,
  },
  CONTROL_REQUEST_INVALID: {
    retryable: false,
    message: (d: { what: string }) => `the request cannot be answered: ${d.what}`,
  },
  CONTROL_CONFIG_INVALID: {
    retryable: false,
    message: (d: { file: string; problems: readonly string[] }) =>
      `the configuration ${d.file} cannot be used:\n${d.problems.map((problem) => `  - ${problem}`).join("\n")}`,
  },
  CONTROL_CONFIRM_OVER: {
    retryable: false,
    message: (_: Record<string, never>) =>
      "what this would do was shown too long ago, or to somebody else; look at it again, and confirm that",
  },
  CONTROL_COMMAND_REFUSED: {
    retryable: false,
    message: (d: { reasons: readonly string[] }) => `this cannot be asked for: ${d.reasons.join("; ")}`,
  },
  CONTROL_REPLAY_REFUSED: {
    retryable: false,
    message: (d: { reasons: readonly string[] }) => `the replay cannot be done: ${d.reasons.join("; ")}`,
  },
  CONTROL_ENDED: {
    retryable: false,
    message: (d: { what: string }) => `${d.what} has ended; nothing was changed`,
  },
  CONTROL_AUDIT_UNWRITTEN: {
    retryable: true,
    message: (d: { action: string; what: string }) =>
      `"${d.action}" was not done, for it could not be written to throughline.audit before: ${d.what}; try again when the log takes records`,
  },
  ALERT_CHANNEL_INVALID: {
    retryable: false,
    message: (d: { channel: string; problems: readonly string[] }) =>
      `the alert channel "${d.channel}" cannot be used: ${d.problems.join("; ")}`,
  },
  ALERT_TARGET_INSIDE: {
    retryable: false,
    message: (d: { channel: string; host: string; address: string }) =>
      `the alert channel "${d.channel}" may not reach ${d.host}: ${d.address} is an address of the inside; use a public one, or allow it with allowInside for hosts that you trust`,
  },
  ALERT_REFUSED: {
    retryable: false,
    message: (d: { channel: string; what: string }) => `the alert channel "${d.channel}" refuses what is sent to it: ${d.what}`,
  },
  ALERT_UNDELIVERED: {
    retryable: true,
    message: (d: { channel: string; what: string }) =>
      `the alert channel "${d.channel}" does not take what is sent to it: ${d.what}; it is tried again`,
  },
  LAG_RULES_INVALID: {
    retryable: false,
    message: (d: { problems: readonly string[] }) => `the rules for lag cannot be used: ${d.problems.join("; ")}`,
  },
  LAG_DATABASE_UNUSABLE: {
    retryable: false,
    message: (d: { what: string }) => `the PostgreSQL database for lag, incidents and alerts cannot be used: ${d.what}`,
  },
  LAG_STORE_UNUSABLE: {
    retryable: false,
    message: (d: { file: string; what: string }) =>
      `the file ${d.file} cannot hold the history of lag: ${d.what}; move it away, or name another file`,
  },
  REDRIVE_SELECTION_INVALID: {
    retryable: false,
    message: (d: { what: string }) => `the selection of dead letters cannot be used: ${d.what}`,
  },
  REDRIVE_TOO_MANY: {
    retryable: false,
    message: (d: { most: number }) =>
      `the selection names more than ${d.most} dead letters; narrow it, by a time for example, and take the rest in another plan`,
  },
  REDRIVE_NO_SUCH_JOB: {
    retryable: false,
    message: (d: { id: string }) =>
      `no plan or job has the id "${d.id}"; a plan goes when its time is over, and a job 30 days after its end`,
  },
  REDRIVE_PLAN_EXPIRED: {
    retryable: false,
    message: (d: { id: string }) =>
      `the time of the plan "${d.id}" is over, for what it says may not hold any more; make it anew`,
  },
  REDRIVE_TERMS_INVALID: {
    retryable: false,
    message: (d: { problems: readonly string[] }) => `the plan cannot be confirmed so: ${d.problems.join("; ")}`,
  },
  REDRIVE_JOB_STATE: {
    retryable: false,
    message: (d: { id: string; asked: string; state: string }) =>
      `the job "${d.id}" is ${d.state}: it cannot be asked to ${d.asked} now`,
  },
  REDRIVE_EDIT_IMPOSSIBLE: {
    retryable: false,
    message: (d: { what: string }) => `this failure cannot be edited so: ${d.what}`,
  },
  REDRIVE_SCHEMA_INVALID: {
    retryable: false,
    message: (d: { problems: readonly string[] }) => `nothing can be rehearsed against this schema: ${d.problems.join("; ")}`,
  },
  REHEARSAL_REPORT_INVALID: {
    retryable: false,
    message: (d: { what: string }) => `the report of this rehearsal cannot be taken: ${d.what}`,
  },
  REDRIVE_DATABASE_UNUSABLE: {
    retryable: false,
    message: (d: { what: string }) => `the PostgreSQL database for redrive jobs cannot be used: ${d.what}`,
  },
  CONTROL_DATABASE_AWAY: {
    retryable: true,
    message: (d: { what: string }) => `the control plane's database cannot be asked now (${d.what}); try again in a moment`,
  },
  REDRIVE_STORE_UNUSABLE: {
    retryable: false,
    message: (d: { file: string; what: string }) =>
      `the file ${d.file} cannot hold redrive jobs: ${d.what}; move it away, or name another file`,
  },
  INDEX_DATABASE_UNUSABLE: {
    retryable: false,
    message: (d: { what: string }) => `the PostgreSQL database for the index of the log cannot be used: ${d.what}`,
  },
  INDEX_FILE_FOREIGN: {
    retryable: false,
    message: (d: { file: string; table: string }) =>
      `the file ${d.file} is no index of the log: it holds the table "${d.table}"; nothing was changed in it, so name another file for the index`,
  },
  INDEX_FILE_UNUSABLE: {
    retryable: false,
    message: (d: { file: string; what: string }) =>
      `the index of the log in ${d.file} cannot be used: ${d.what}; if it is damaged, move it away, and it is read from the log again`,
  },
  INDEX_MOVED: {
    retryable: true,
    message: (d: { topic: string; partition: number; expected: number; found: number }) =>
      `the index of ${d.topic}/${d.partition} stands at ${d.found}, not at ${d.expected}: another process indexes the same; what it wrote counts, and this one goes on behind it`,
  },
};

export const controlError = errorTable(controlErrors);
