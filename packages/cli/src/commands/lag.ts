import type { Command } from "commander";
import { readServices } from "@throughline/control/reading";
import { pause } from "@throughline/control/redrive";
import type { CliContext } from "../cli-context.ts";
import { paintFor, type Paint } from "../output/colours.ts";
import { formatMs } from "../output/durations.ts";
import { renderTable, type Cell } from "../output/table.ts";
import { defaultLagThreshold, groupsOver, readLag, type GroupLag, type LagReport } from "../reading/lag.ts";
import { newCommand, positive, printJson, printLine, withLog, type CommonOptions, type Finish } from "./command.ts";

interface LagOptions extends CommonOptions {
  readonly partitions?: boolean;
  readonly watch?: boolean;
  readonly threshold: number;
  readonly check?: boolean;
}

const watchEveryPolls = 10;

export function lagCommand(context: CliContext, finish: Finish): Command {
  return newCommand("lag", "show how far every consumer group on the log is behind", [
    "lag",
    "lag billing --partitions",
    "lag --watch",
    "lag --check --threshold 5000   # exit code 1 when a group is further behind",
  ])
    .argument("[groups...]", "only these groups")
    .option("--partitions", "a line for each partition")
    .option("--watch", "look again every two seconds until Ctrl-C")
    .option("--threshold <events>", "more events behind than this is too far", positive("--threshold"), defaultLagThreshold)
    .option("--check", "exit with 1 when a group is too far behind")
    .action(async (groups: string[], options: LagOptions) =>
      withLog(context, options, async (log) => {
        const look = async (): Promise<LagReport> => {
          const report = await readLag(log, await readServices(log, context.now(), context.signal), context.now());
          return groups.length === 0
            ? report
            : {
                groups: report.groups.filter(({ group }) => groups.includes(group)),
                handlers: report.handlers.filter(({ service }) => groups.includes(service)),
              };
        };
        let report = await look();
        show(context, report, options);
        while (options.watch === true && !context.signal.aborted) {
          await pause(context.pollMs * watchEveryPolls, context.signal);
          if (context.signal.aborted) break;
          report = await look();
          if (context.stdout.isTTY && options.json !== true) context.stdout.write("\u001b[H\u001b[2J");
          show(context, report, options);
        }
        if (options.check === true && groupsOver(report, options.threshold).length > 0) finish(1);
      }),
    );
}

function show(context: CliContext, report: LagReport, options: LagOptions): void {
  const over = groupsOver(report, options.threshold).map(({ group }) => group);
  if (options.json === true) {
    printJson(context, { ...report, threshold: options.threshold, over });
    return;
  }
  printLine(
    context,
    renderLag(report, { ...options, paint: paintFor(context.stdout, context.env), columns: context.stdout.columns }),
  );
}

/** The lag of groups, of their partitions if asked for, and of handlers that read by themselves, as tables. */
export function renderLag(
  report: LagReport,
  options: { partitions?: boolean; threshold: number; paint: Paint; columns: number | null },
): string {
  if (report.groups.length === 0 && report.handlers.length === 0) return "No consumer groups yet.";
  const groups = renderTable(
    [
      { title: "GROUP" },
      { title: "STATE" },
      { title: "MEMBERS", align: "right" },
      { title: "BEHIND", align: "right" },
      { title: "BY", align: "right" },
    ],
    report.groups.map((group) => [
      group.group,
      group.state,
      group.members,
      behindCell(group.behind, options.threshold),
      age(group),
    ]),
    options,
  );
  const partitions = renderTable(
    [
      { title: "GROUP" },
      { title: "TOPIC" },
      { title: "PARTITION", align: "right" },
      { title: "COMMITTED", align: "right" },
      { title: "END", align: "right" },
      { title: "BEHIND", align: "right" },
      { title: "BY", align: "right" },
      { title: "MEMBER", flexible: true },
    ],
    report.groups.flatMap((group) =>
      group.partitions.map((at) => [
        group.group,
        at.topic,
        String(at.partition),
        at.committed,
        at.end,
        behindCell(at.behind, options.threshold),
        age(at),
        at.member,
      ]),
    ),
    options,
  );
  const handlers = renderTable(
    [{ title: "HANDLER" }, { title: "STATE" }, { title: "BEHIND", align: "right" }, { title: "WHY", flexible: true }],
    report.handlers.map((handler) => [
      `${handler.service}/${handler.handler}`,
      { text: handler.state, colour: isInTrouble(handler.state) ? "red" : "yellow" },
      handler.behind,
      handler.problem,
    ]),
    options,
  );
  return [
    groups,
    ...(options.partitions === true ? ["", partitions] : []),
    ...(report.handlers.length > 0 ? ["", "Handlers that do not read with their group:", handlers] : []),
  ].join("\n");
}

const isInTrouble = (state: string): boolean => state === "stopped" || state === "failing" || state === "full";

const behindCell = (behind: number, threshold: number): Cell =>
  behind > threshold ? { text: behind.toLocaleString("en"), colour: "red" } : behind;
const age = ({ behind, behindMs }: Pick<GroupLag, "behind" | "behindMs">): string | null =>
  behind === 0 ? null : formatMs(behindMs);
