import { randomUUID } from "node:crypto";
import type { Command } from "commander";
import type { EventLog } from "throughline/seams";
import type { RedriveRequest } from "throughline/system-topics";
import { type Failure, type FailureFilter, readServices, shortIds } from "@throughline/control/reading";
import { followAnswers, receiptsEnd, requestFor, sendRequests } from "@throughline/control/redrive";
import { selectFailures } from "../acting/select-failures.ts";
import type { CliContext } from "../cli-context.ts";
import { cliError, usageError } from "../cli-errors.ts";
import {
  answerJson,
  planLines,
  renderAnswers,
  renderPlan,
  requestJson,
  succeeded,
  type PlanLine,
} from "../output/answers-text.ts";
import { paintFor } from "../output/colours.ts";
import { progressOn } from "../output/progress.ts";
import { checkEditedPayload, editedPayload, type Edit } from "./edited-payload.ts";
import { parseDuration } from "../reading/moment.ts";
import { positive, printJson, printLine, withLog, type CommonOptions, type Finish } from "./command.ts";
import { confirm } from "./confirm.ts";
import { readAllFailures } from "./failed.ts";

/** What redrive and discard share: which letters, and how the requests are sent and followed. */
export interface RequestCommandOptions extends CommonOptions {
  readonly service?: string;
  readonly handler?: string;
  readonly type?: string;
  readonly all?: boolean;
  readonly rate?: number;
  readonly by?: string;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly wait: boolean;
  readonly timeout: string;
}

export const withRequestOptions = (command: Command): Command =>
  command
    .argument("[ids...]", "failure ids, or six or more characters of each")
    .option("--service <name>", "every open one of this service")
    .option("--handler <name>", "of this handler")
    .option("--type <type>", "events of this type")
    .option("--all", "every open one")
    .option("--rate <per second>", "at most so many requests a second", positive("--rate"))
    .option("--by <name>", "who asks, for the audit (default: the user of this machine)")
    .option("--dry-run", "only show what would be asked")
    .option("-y, --yes", "do not ask before writing")
    .option("--no-wait", "do not wait for the answers")
    .option(
      "--timeout <duration>",
      "how long to wait for the answers; what fails again is retried before it is dead again",
      "2m",
    );

export interface RequestKind {
  readonly action: RedriveRequest["action"];
  /** For the audit. */
  readonly reason: string | null;
  /** Of the failure, as a filter. */
  readonly failureReason?: string;
  /** The file that holds another payload, and its bytes. */
  readonly edit: Edit | null;
  readonly force: boolean;
}

/** Plans, confirms, writes and follows requests for dead letters. */
export async function runRequests(
  context: CliContext,
  finish: Finish,
  ids: readonly string[],
  options: RequestCommandOptions,
  kind: RequestKind,
): Promise<void> {
  const timeoutMs = parseDuration(options.timeout);
  if (timeoutMs === null) throw usageError(`--timeout takes a duration like 30s or 5m, not "${options.timeout}"`);
  await withLog(context, options, async (log) => {
    const failures = await readAllFailures(context, log);
    const { chosen, uncertain } = selectFailures(failures, { ids, filter: filterOf(options, kind), all: options.all === true });
    if (kind.edit !== null && chosen.length !== 1) throw usageError("--edit mends one dead letter; name it by its id");
    const editedValue = kind.edit === null ? null : editedPayload(chosen[0] as Failure, kind.edit);
    const checked =
      kind.edit === null || editedValue === null
        ? null
        : await checkEditedPayload(log, chosen[0] as Failure, editedValue, kind.edit, context.signal);
    const plan = planLines(chosen, await readServices(log, context.now(), context.signal));
    if (options.json !== true) showPlan(context, { editedValue, checked, chosen, uncertain, plan });
    if (options.dryRun === true || chosen.length === 0) {
      if (options.json === true)
        printJson(context, { plan, leftOut: uncertain.map(({ letter }) => letter.failureId), requests: [] });
      return;
    }
    const letters = chosen.length === 1 ? "1 dead letter" : `${chosen.length} dead letters`;
    await confirm(context, `${kind.action === "redrive" ? "Redrive" : "Discard"} ${letters}`, options);
    const terms = {
      action: kind.action,
      reason: kind.reason,
      editedValue,
      force: kind.force,
      by: options.by ?? context.user,
      atMs: context.now(),
    };
    const requests = chosen.map(({ letter, original }) => requestFor(letter, original, randomUUID(), terms));
    await sendAndFollow(context, finish, log, requests, failures, { ...options, plan, timeoutMs });
  });
}

function filterOf(options: RequestCommandOptions, kind: RequestKind): FailureFilter {
  const { service, handler, type } = options;
  return Object.fromEntries(
    Object.entries({ service, handler, type, reason: kind.failureReason }).filter(([, value]) => value !== undefined),
  ) as FailureFilter;
}

function showPlan(
  context: CliContext,
  {
    editedValue,
    checked,
    chosen,
    uncertain,
    plan,
  }: {
    readonly editedValue: Uint8Array | null;
    readonly checked: string | null;
    readonly chosen: readonly Failure[];
    readonly uncertain: readonly Failure[];
    readonly plan: readonly PlanLine[];
  },
): void {
  const say = (text: string): void => context.stderr.write(`${text}\n`);
  if (chosen.length === 0) printLine(context, "Nothing to do: no open dead letter fits.");
  else say(`${renderPlan(plan)}\n`);
  if (editedValue !== null) say(`The payload is replaced by ${editedValue.length} bytes; ${checked}.\n`);
  if (uncertain.length > 0)
    say(
      `${uncertain.length} with the reason "uncertain" are left out: their call may have happened. Redrive them by id, once you know that it did not.\n`,
    );
}

async function sendAndFollow(
  context: CliContext,
  finish: Finish,
  log: EventLog,
  requests: readonly RedriveRequest[],
  failures: readonly Failure[],
  options: RequestCommandOptions & { readonly plan: readonly PlanLine[]; readonly timeoutMs: number },
): Promise<void> {
  const progress = progressOn(context.stderr, context.now);
  const receipts = await receiptsEnd(log);
  const notWritten = await sendRequests(log, requests, {
    ratePerSecond: options.rate ?? null,
    signal: context.signal,
    onProgress: (sent, total) => progress.report(`asked ${sent} of ${total}`),
  });
  if (notWritten !== null) {
    const { topic, written, error } = notWritten;
    throw cliError("CLI_NOT_APPENDED", { topic, written, total: requests.length, reason: error.message }, error);
  }
  if (!options.wait) {
    progress.done();
    if (options.json === true) printJson(context, { plan: options.plan, requests: requests.map(requestJson) });
    else printLine(context, `Asked for ${requests.length}. What is still open: throughline failed`);
    return;
  }
  const answers = await followAnswers(log, requests, receipts, {
    timeoutMs: options.timeoutMs,
    pollMs: context.pollMs,
    signal: context.signal,
    now: context.now,
    onProgress: (answered, total) => progress.report(`answered ${answered} of ${total}`),
  });
  progress.done();
  const good = answers.filter(succeeded).length;
  if (options.json === true)
    printJson(context, { plan: options.plan, requests: answers.map(answerJson), ok: good === answers.length });
  else {
    printLine(
      context,
      renderAnswers(answers, shortIds(failures.map(({ letter }) => letter.failureId)), {
        paint: paintFor(context.stdout, context.env),
        columns: context.stdout.columns,
      }),
    );
    printLine(
      context,
      `\n${good} of ${answers.length} done.${answers.some(({ receipt }) => receipt === null) ? " Requests without an answer stand, and are answered when their service comes to them." : ""}`,
    );
  }
  if (good < answers.length) finish(1);
}
