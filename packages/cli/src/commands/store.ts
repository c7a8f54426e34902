import { Command } from "commander";
import type { CliContext } from "../cli-context.ts";
import { newStoreCommand, printJson, printLine, storeUrl, wholeNumber, type Finish, type StoreOptions } from "./command.ts";
import { recoverCommand } from "./store-recover.ts";
import { repairCommand, stoppedCommand } from "./store-stopped.ts";

/** What looks after one service's database. */
export const storeCommand = (context: CliContext, finish: Finish): Command =>
  new Command("store")
    .description("look after a service's store: its tables, and what it publishes")
    .addCommand(migrateCommand(context))
    .addCommand(sqlCommand(context))
    .addCommand(recoverCommand(context))
    .addCommand(stoppedCommand(context))
    .addCommand(repairCommand(context, finish));

function migrateCommand(context: CliContext): Command {
  return newStoreCommand("migrate", "bring the store's tables to this version", [
    "store migrate --store sqlite:./data/orders.db",
    "store migrate --json",
  ]).action(async (options: StoreOptions) => {
    const applied = await context.stores.migrate(storeUrl(context, options), context.now());
    if (options.json === true) printJson(context, { applied });
    else if (applied.length === 0) printLine(context, "The store's tables are those of this version already.");
    else printLine(context, `Applied ${applied.map(({ number, name }) => `${number} (${name})`).join(", ")}.`);
  });
}

function sqlCommand(context: CliContext): Command {
  return newStoreCommand("sql", "print the SQL of the store's tables, for a migration tool of your own", [
    "store sql --store sqlite:./data/orders.db > throughline.sql",
    "store sql --store sqlite:./data/orders.db --after 3",
  ])
    .option("--after <migration>", "what a store at this migration lacks", wholeNumber("--after"), 0)
    .action((options: StoreOptions & { after: number }) => {
      const sql = context.stores.sql(storeUrl(context, options), options.after);
      if (options.json === true) printJson(context, { after: options.after, sql });
      else context.stdout.write(sql);
    });
}
