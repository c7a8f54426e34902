import type { Command } from "commander";
import type { CliContext } from "../cli-context.ts";
import { paintFor, type Paint } from "../output/colours.ts";
import { printableLine } from "../output/printable.ts";
import { checkNode, diagnose, type Finding } from "../reading/diagnosis.ts";
import { eventsUrl, newCommand, printJson, printLine, type CommonOptions, type Finish } from "./command.ts";

export function doctorCommand(context: CliContext, finish: Finish): Command {
  return newCommand("doctor", "check the event log, the services, their handlers, dead letters and lag", [
    "doctor",
    "doctor --json",
    "doctor --events sqlite:./data/events.db",
  ]).action(async (options: CommonOptions) => {
    const findings = [checkNode(process.version), ...(await findingsOn(context, eventsUrl(context, options)))];
    const failed = findings.some(({ status }) => status === "fail");
    if (options.json === true) printJson(context, { ok: !failed, findings });
    else printLine(context, renderFindings(findings, paintFor(context.stdout, context.env)));
    if (failed) finish(1);
  });
}

/** An event log that cannot be opened is the finding, not a failure of the doctor. */
async function findingsOn(context: CliContext, url: string): Promise<Finding[]> {
  const reachable: Finding = { status: "ok", check: "event log", message: url.replace(/\/\/[^/@]*@/, "//"), todo: null };
  try {
    await using log = await context.openLog(url);
    await log.topics();
    return [reachable, ...(await diagnose(log, context.now(), context.signal))];
  } catch (error) {
    return [
      {
        status: "fail",
        check: "event log",
        message: (error as Error).message,
        todo: "start a service (throughline dev), or pass the right log with --events",
      },
    ];
  }
}

const marks = { ok: ["green", "ok  "], warn: ["yellow", "warn"], fail: ["red", "fail"] } as const;

export function renderFindings(findings: readonly Finding[], paint: Paint): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const lines = findings.flatMap(({ status, check, message, todo }) => {
    const [colour, mark] = marks[status];
    const line = `${paint(colour, mark)}  ${check.padEnd(width)}  ${printableLine(message)}`;
    return todo === null ? [line] : [line, `      ${" ".repeat(width)}  ${paint("dim", `→ ${todo}`)}`];
  });
  const count = (status: Finding["status"]): number => findings.filter((finding) => finding.status === status).length;
  const sentence =
    count("fail") > 0
      ? `${count("fail")} failed, ${count("warn")} to look at.`
      : count("warn") > 0
        ? `Nothing failed, ${count("warn")} to look at.`
        : "All is well.";
  return [...lines, "", sentence].join("\n");
}
