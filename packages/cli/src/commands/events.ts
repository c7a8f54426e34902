import { Command } from "commander";
import type { EventLog } from "throughline/seams";
import { isOfType, mayMean, seenEvent, type SeenEvent, tail } from "@throughline/control/reading";
import type { CliContext } from "../cli-context.ts";
import { usageError } from "../cli-errors.ts";
import { paintFor } from "../output/colours.ts";
import { recordJson, renderRecord } from "../output/event-text.ts";
import { parseStart } from "../reading/moment.ts";
import { newCommand, positive, printJson, printLine, withLog, type CommonOptions } from "./command.ts";

interface TailCommandOptions extends CommonOptions {
  readonly from: string;
  readonly type?: string[];
  readonly subject?: string;
  readonly correlation?: string;
  readonly limit?: number;
  readonly data?: boolean;
  readonly headers?: boolean;
  readonly follow: boolean;
}

const several = (value: string, before: string[] = []): string[] => [...before, value];

export const eventsCommand = (context: CliContext): Command =>
  new Command("events").description("read events").addCommand(tailCommand(context));

function tailCommand(context: CliContext): Command {
  return newCommand("tail", "print events as they are published", [
    "events tail",
    "events tail order payment --data",
    "events tail --from -10m --type order.completed --no-follow",
    "events tail --from earliest --subject order-42 --json | jq .type",
  ])
    .argument("[topics...]", "only these topics (default: every topic with events)")
    .option("--from <start>", "earliest, latest, an offset, a duration like -10m, or a time", "latest")
    .option("--type <type>", "only this type; may be repeated; order.* takes all that begin so", several)
    .option("--subject <subject>", "only this subject")
    .option("--correlation <id>", "only this correlation id, or six or more characters of it")
    .option("--limit <count>", "stop after so many events", positive("--limit"))
    .option("--data", "print the data too")
    .option("--headers", "with --json: print the headers too")
    .option("--no-follow", "stop at the end of the log")
    .action(async (topics: string[], options: TailCommandOptions) =>
      withLog(context, options, (log) => printTail(context, log, topics, options)),
    );
}

async function printTail(
  context: CliContext,
  log: EventLog,
  topics: readonly string[],
  options: TailCommandOptions,
): Promise<void> {
  const start = parseStart("--from", options.from, context.now());
  await checkTopics(log, topics);
  const paint = paintFor(context.stdout, context.env);
  const view = { paint, data: options.data === true, headers: options.headers === true };
  const today = new Date(context.now()).toDateString();
  const wanted = filterOf(options);
  let printed = 0;
  for await (const record of tail(log, {
    topics,
    start,
    follow: options.follow,
    pollMs: context.pollMs,
    signal: context.signal,
  })) {
    const event = seenEvent(record);
    if (!wanted(event)) continue;
    if (options.json === true) printJson(context, recordJson(record, event, view));
    else
      printLine(context, renderRecord(record, event, { ...view, date: new Date(record.timestampMs).toDateString() !== today }));
    if (++printed === options.limit) return;
  }
}

/** A mistyped topic would otherwise be waited for without a word. */
async function checkTopics(log: EventLog, topics: readonly string[]): Promise<void> {
  const existing = (await log.topics()).map(({ name }) => name);
  const unknown = topics.filter((topic) => !existing.includes(topic));
  if (unknown.length > 0)
    throw usageError(
      `there is no topic ${unknown.map((topic) => `"${topic}"`).join(", ")}; there ${existing.length === 1 ? "is" : "are"} ${existing.toSorted().join(", ") || "none"}`,
    );
}

function filterOf(options: TailCommandOptions): (event: SeenEvent | null) => boolean {
  const { type: types, subject, correlation } = options;
  if (types === undefined && subject === undefined && correlation === undefined) return () => true;
  return (event) =>
    event !== null &&
    (types === undefined || types.some((type) => isOfType(event.type, type))) &&
    (subject === undefined || event.subject === subject) &&
    (correlation === undefined || mayMean(correlation, event.correlationId ?? event.id));
}
