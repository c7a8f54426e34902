import type { Command } from "commander";
import { planRecovery, recover, type Recovery } from "throughline/outbox";
import type { CliContext } from "../cli-context.ts";
import { defaultEventsUrl } from "../events-url.ts";
import { recoveryJson, renderRecovery } from "../output/recovery-text.ts";
import { newStoreCommand, printJson, printLine, withLog, withStore, type CommonOptions, type StoreOptions } from "./command.ts";
import { confirm } from "./confirm.ts";

interface RecoverOptions extends StoreOptions, CommonOptions {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly force?: boolean;
}

export function recoverCommand(context: CliContext): Command {
  return newStoreCommand("recover", "go on with a store that was put back to an older state: open its next numbering", [
    "store recover --store sqlite:./data/orders.db --dry-run",
    "store recover --store sqlite:./data/orders.db --events sqlite:./data/events.db --yes",
  ])
    .option("--events <url>", `the event log (default: THROUGHLINE_EVENTS, else ${defaultEventsUrl})`)
    .option("--dry-run", "say what was undone, and write nothing")
    .option("--force", "open a numbering though nothing shows that the store is behind")
    .option("-y, --yes", "do not ask before writing")
    .action(async (options: RecoverOptions) =>
      withStore(context, options, ({ store, service }) =>
        withLog(context, options, async (log) => {
          const found = await planRecovery({ store, log, service, signal: context.signal });
          const isNeeded = found.why !== null || options.force === true;
          const willRecover = isNeeded && options.dryRun !== true;
          // Before the question, so that it can be answered.
          if (options.json !== true) printLine(context, renderRecovery(found));
          if (willRecover) await apply(context, options, found, () => recover(store, found));
          if (options.json === true) printJson(context, recoveryJson(found, willRecover));
          else if (willRecover) printLine(context, doneSentence(found));
        }),
      ),
    );
}

async function apply(
  context: CliContext,
  options: RecoverOptions,
  { service, opens }: Recovery,
  write: () => Promise<void>,
): Promise<void> {
  await confirm(context, `open numbering ${opens} in the store of "${service}"`, options);
  await write();
}

const doneSentence = ({ service, opens }: Recovery): string =>
  `Numbering ${opens} is open. ${service} goes on within seconds if it runs, or when it is started.`;
