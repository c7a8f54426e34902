import type { Command } from "commander";
import { readFile } from "node:fs/promises";
import { contractsLockName } from "throughline/contracts";
import type { CliContext } from "../cli-context.ts";
import { usageError } from "../cli-errors.ts";
import { newCommand, type Finish } from "./command.ts";
import { runRequests, withRequestOptions, type RequestCommandOptions } from "./request.ts";

interface RedriveOptions extends RequestCommandOptions {
  readonly reason?: string;
  readonly edit?: string;
  readonly lock: string;
  readonly note?: string;
  readonly force?: boolean;
}

export function redriveCommand(context: CliContext, finish: Finish): Command {
  return withRequestOptions(
    newCommand("redrive", "hand one consumer its dead letters again", [
      "redrive 0198b2c4",
      "redrive --service billing --handler create-invoice --yes",
      "redrive --all --reason failed --rate 50",
      "redrive 0198b2c4 --edit event.json",
    ]),
  )
    .option("--reason <reason>", "failures with this reason: failed, permanent, gap, …")
    .option("--edit <file>", "one dead letter: replace its payload with this file, its bytes as they are")
    .option(
      "--lock <file>",
      "what was agreed, in git: by it an edit is checked that no announced contract tells of",
      contractsLockName,
    )
    .option("--note <text>", "why, for the audit")
    .option("--force", "also when the service no longer remembers events that old; it may then run twice")
    .action(async (ids: string[], options: RedriveOptions) => {
      const { readLockFile } = await import("../contracts/lock-file.ts");
      await runRequests(context, finish, ids, options, {
        action: "redrive",
        reason: options.note ?? null,
        edit:
          options.edit === undefined
            ? null
            : // Whoever redrives need not stand in a repository.
              { file: options.edit, bytes: await readBytes(options.edit), lock: await readLockFile(options.lock) },
        force: options.force === true,
        ...(options.reason === undefined ? {} : { failureReason: options.reason }),
      });
    });
}

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw usageError(`--edit cannot read ${file}: ${(error as Error).message}`);
  }
}
