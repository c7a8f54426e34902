import type { CliContext } from "../cli-context.ts";
import { cliError } from "../cli-errors.ts";

/** Goes on after --yes or a person's "y"; throws `CLI_NOT_CONFIRMED` otherwise. */
export async function confirm(context: CliContext, what: string, options: { readonly yes?: boolean }): Promise<void> {
  if (options.yes === true) return;
  if (context.confirm !== null && (await context.confirm(`${what}?`))) return;
  throw cliError("CLI_NOT_CONFIRMED", { what: `"${what}"` });
}
