import type { Command } from "commander";
import type { CliContext } from "../cli-context.ts";
import { usageError } from "../cli-errors.ts";
import { findServices, serviceRule } from "../dev/find-services.ts";
import { runServices } from "../dev/run-services.ts";
import { paintFor } from "../output/colours.ts";
import { eventsUrl, newCommand, type CommonOptions } from "./command.ts";
import { namedRegistry } from "./contracts-options.ts";

interface DevOptions extends CommonOptions {
  readonly only?: string;
  readonly watch?: boolean;
  readonly data: string;
}

export function devCommand(context: CliContext): Command {
  return newCommand("dev", "run the services of a folder, each as its own process, with one merged log", [
    "dev",
    "dev ./services --watch",
    "dev --only orders,billing",
    "dev --json | jq 'select(.level >= 50)'",
  ])
    .argument("[folder]", "where the services are", "./services")
    .option("--only <names>", "only these services, separated by commas")
    .option("--watch", "restart a service when its files change")
    .option("--data <folder>", "each service's THROUGHLINE_STORE is a database in this folder", "./data")
    .addHelpText(
      "after",
      `\nA service is ${serviceRule}, directly in the folder.\nEach gets THROUGHLINE_EVENTS and a THROUGHLINE_STORE of its own.\nWhere THROUGHLINE_REGISTRY names a schema registry, the contracts of each are registered when it starts.\n`,
    )
    .action(async (folder: string, options: DevOptions) => {
      const found = await findServices(folder);
      const only = options.only?.split(",").map((name) => name.trim());
      const unknown = only?.filter((name) => !found.some((service) => service.name === name)) ?? [];
      if (unknown.length > 0)
        throw usageError(
          `--only names ${unknown.map((name) => `"${name}"`).join(", ")}, and ${folder} has ${found.map(({ name }) => name).join(", ")}`,
        );
      await runServices(context, {
        folder,
        services: only === undefined ? found : found.filter(({ name }) => only.includes(name)),
        eventsUrl: eventsUrl(context, options),
        dataFolder: options.data,
        watch: options.watch === true,
        json: options.json === true,
        paint: paintFor(context.stdout, context.env),
        execArgv: process.execArgv,
        registry: await namedRegistry(context, {}),
      });
    });
}
