export type { CliContext, Output } from "./cli-context.ts";
export { cliErrors } from "./cli-errors.ts";
export { runCli } from "./program.ts";
