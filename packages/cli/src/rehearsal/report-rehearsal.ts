import { passes } from "throughline/rehearsal";
import type { ConsoleClient } from "./console-client.ts";
import type { BuildRehearsal } from "./rehearse-program.ts";

/** As many as the console takes at once: those that do not pass first, which it shows one by one. */
const mostLetters = 10_000;
const mostReasons = 200;

/** Tells a console what came of a rehearsal, so that its page shows it. */
export async function reportRehearsal(
  console: ConsoleClient,
  { service, version, letters }: BuildRehearsal,
  startedAtMs: number,
): Promise<void> {
  const told = letters.toSorted((a, b) => Number(passes(a)) - Number(passes(b))).slice(0, mostLetters);
  await console.post("/rehearsed-builds", {
    service,
    version,
    startedAtMs,
    letters: told.map(({ failureId, handler, outcome, error, why }, at) => ({
      failureId,
      handler,
      outcome,
      // More of them than are kept one by one would make the report larger than the console takes.
      ...(at < mostReasons
        ? { why, error: error === null ? null : { name: error.name, code: error.code, message: error.message } }
        : {}),
    })),
  });
}
