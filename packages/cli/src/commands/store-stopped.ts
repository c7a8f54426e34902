import type { Command } from "commander";
import type { FailureDetail, OutboxRow, Store } from "throughline/seams";
import { matchId } from "@throughline/control/reading";
import type { CliContext } from "../cli-context.ts";
import { cliError, usageError } from "../cli-errors.ts";
import { formatAgo } from "../output/durations.ts";
import { renderTable } from "../output/table.ts";
import { newStoreCommand, printJson, printLine, withStore, type Finish, type StoreOptions } from "./command.ts";
import { confirm } from "./confirm.ts";

interface Stopped {
  readonly row: OutboxRow;
  readonly error: FailureDetail;
  readonly sinceMs: number;
}

/** Events that the log refused for good: each keeps back the later events of its subject. */
export function stoppedCommand(context: CliContext): Command {
  return newStoreCommand("stopped", "list the events that the log refused, and whose subjects wait for a repair", [
    "store stopped --store sqlite:./data/orders.db",
    "store stopped --json",
  ]).action(async (options: StoreOptions) =>
    withStore(context, options, async ({ store }) => {
      const stopped = await stoppedIn(store);
      if (options.json === true) printJson(context, { stopped: stopped.map(stoppedJson) });
      else if (stopped.length === 0) printLine(context, "No subject is stopped.");
      else printLine(context, renderStopped(context, stopped));
    }),
  );
}

interface RepairOptions extends StoreOptions {
  readonly retry?: boolean;
  readonly skip?: boolean;
  readonly all?: boolean;
  readonly yes?: boolean;
}

export function repairCommand(context: CliContext, finish: Finish): Command {
  return newStoreCommand("repair", "let stopped subjects go on, with the refused event or without it", [
    "store repair 0198b2c4 --retry             # the log takes it now: its limit was raised, a right was granted",
    "store repair 0198b2c4 --skip              # leave this event out; its number stays used",
    "store repair --all --retry --yes",
  ])
    .argument("[ids...]", "ids of refused events, or six or more characters of them")
    .option("--retry", "send the same bytes again")
    .option("--skip", "leave the event out for good: consumers in order wait for its number, then for you")
    .option("--all", "every refused event")
    .option("-y, --yes", "do not ask before writing")
    .action(async (ids: string[], options: RepairOptions) => {
      if ((options.retry === true) === (options.skip === true)) throw usageError("say --retry or --skip");
      if (ids.length > 0 === (options.all === true)) throw usageError("say which: ids of refused events, or --all");
      const how = options.skip === true ? "skip" : "retry";
      await withStore(context, options, async ({ store, service }) => {
        const stopped = await stoppedIn(store);
        const chosen = options.all === true ? stopped : ids.map((id) => stoppedById(stopped, id));
        if (chosen.length === 0) return report(context, options, how, []);
        const what = `${how === "skip" ? "leave out" : "send again"} ${chosen.length} refused event${chosen.length === 1 ? "" : "s"} of "${service}"`;
        await confirm(context, what, options);
        await store.unitOfWork(async (unit) => {
          for (const { row } of chosen) await unit.outbox.repair(row.ticket, how);
        });
        report(context, options, how, chosen);
        finish(0);
      });
    });
}

const stoppedIn = (store: Store): Promise<Stopped[]> => store.unitOfWork((unit) => unit.outbox.stopped());

function stoppedById(stopped: readonly Stopped[], id: string): Stopped {
  const found = matchId(
    id,
    stopped.map(({ row }) => row.eventId),
    "refused events",
  );
  const one = stopped.find(({ row }) => row.eventId === found);
  if (one === undefined)
    throw cliError("CLI_NOTHING_FOUND", {
      what: `no refused event has the id "${id}"`,
      hint: '"throughline store stopped" lists them',
    });
  return one;
}

function report(context: CliContext, options: StoreOptions, how: "retry" | "skip", repaired: readonly Stopped[]): void {
  if (options.json === true) printJson(context, { how, repaired: repaired.map(stoppedJson) });
  else if (repaired.length === 0) printLine(context, "No subject is stopped.");
  else
    printLine(
      context,
      how === "retry"
        ? `${repaired.length} will be sent again, and then what waits behind. If the log refuses one again, "store stopped" lists it.`
        : `${repaired.length} left out; what waits behind goes on.`,
    );
}

const stoppedJson = ({ row, error, sinceMs }: Stopped) => ({
  eventId: row.eventId,
  topic: row.topic,
  subject: row.subject,
  sequence: row.sequence,
  since: new Date(sinceMs).toISOString(),
  error: { name: error.name, code: error.code, message: error.message },
});

const renderStopped = (context: CliContext, stopped: readonly Stopped[]): string =>
  renderTable(
    [
      { title: "EVENT" },
      { title: "TOPIC" },
      { title: "SUBJECT", flexible: true },
      { title: "SINCE" },
      { title: "ERROR", flexible: true },
    ],
    stopped.map(({ row, error, sinceMs }) => [
      row.eventId,
      row.topic,
      row.subject,
      formatAgo(sinceMs, context.now()),
      `${error.code ?? error.name}: ${error.message}`,
    ]),
    { columns: context.stdout.columns },
  );
