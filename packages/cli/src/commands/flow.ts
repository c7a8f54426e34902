import type { Command } from "commander";
import { type Flow, type LogLine, readFlowLines, readFlows, summariseFlow } from "@throughline/control/reading";
import type { CliContext } from "../cli-context.ts";
import { cliError, usageError } from "../cli-errors.ts";
import { paintFor } from "../output/colours.ts";
import { renderFlowLines } from "../output/flow-lines-text.ts";
import { renderFlow } from "../output/flow-text.ts";
import { progressOn } from "../output/progress.ts";
import { parseMoment } from "../reading/moment.ts";
import { newCommand, printJson, printLine, withLog, type CommonOptions } from "./command.ts";

interface FlowOptions extends CommonOptions {
  readonly subject?: string;
  readonly since: string;
  readonly logs?: boolean;
}

export function flowCommand(context: CliContext): Command {
  return newCommand(
    "flow",
    "show what became of an event: every service, every handler, what they published, and what is missing",
    [
      "flow 0198b2c4-8a5e-7c3d-9f10-aabbccddeeff",
      "flow 0198b2c4                 # part of a correlation id or event id, as the log of dev shows it",
      "flow --subject order-42 --since 7d",
      "flow order-42 --logs          # with what the services logged, of those that ship their log lines",
    ],
  )
    .argument("[id]", "a correlation id, or the id of any event of the flow")
    .option("--subject <subject>", "the flows that events of this subject are in")
    .option("--since <time>", 'look at events since then: 24h, 7d, 2026-07-01T12:00:00Z, or "all"', "24h")
    .option("--logs", "show the log lines of services that ship them, too")
    .action(async (id: string | undefined, options: FlowOptions) => {
      if ((id === undefined) === (options.subject === undefined))
        throw usageError("say which flow: a correlation id or an event id, or --subject <subject>");
      const sinceMs = options.since === "all" ? null : parseMoment("--since", options.since, context.now());
      const progress = progressOn(context.stderr, context.now);
      const { signal } = context;
      const { flows, lines } = await withLog(context, options, async (log) => {
        const found = await readFlows(log, id === undefined ? { subject: options.subject! } : { id }, {
          sinceMs,
          nowMs: context.now(),
          signal,
          onProgress: (done, total) => progress.report(`reading events: ${done} of ${total}`),
        });
        const onProgress = (done: number, total: number) => progress.report(`reading log lines: ${done} of ${total}`);
        return { flows: found, lines: options.logs === true ? await readFlowLines(log, found, { signal, onProgress }) : null };
      });
      progress.done();
      if (flows.length === 0)
        throw cliError("CLI_NOTHING_FOUND", {
          what: `no event ${id === undefined ? `of subject "${options.subject}"` : `with the id or correlation id "${id}"`} in the events since ${options.since}`,
          hint: "look further back with --since 7d or --since all",
        });
      show(context, flows, lines, options);
    });
}

/** @param lines By correlation ids; null: nobody asked for them. */
function show(
  context: CliContext,
  flows: readonly Flow[],
  lines: ReadonlyMap<string, readonly LogLine[]> | null,
  options: FlowOptions,
): void {
  const linesOf = ({ correlationId }: Flow) => lines?.get(correlationId) ?? [];
  if (options.json === true)
    return printJson(context, {
      flows: flows.map((flow) => ({
        ...flow,
        summary: summariseFlow(flow),
        ...(lines === null ? {} : { lines: linesOf(flow) }),
      })),
    });
  const paint = paintFor(context.stdout, context.env);
  const textOf = (flow: Flow): string =>
    renderFlow(flow, { nowMs: context.now(), paint }) + (lines === null ? "" : `\n\n${renderFlowLines(linesOf(flow), paint)}`);
  printLine(context, flows.map(textOf).join("\n\n"));
}
