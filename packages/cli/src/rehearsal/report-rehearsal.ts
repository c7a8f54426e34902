import type { ConsoleClient } from "./console-client.ts";
import type { BuildRehearsal } from "./rehearse-program.ts";

/** As many as the console takes at once: those that do not pass first, which it shows one by one. */
const mostLetters = 10_000;

/** Tells a console what came of a rehearsal, so that its page shows it. */
export async function reportRehearsal(
  console: ConsoleClient,
  { service, version, letters }: BuildRehearsal,
  startedAtMs: number,
): Promise<void> {
  await console.post("/rehearsed-builds", {
    service,
    version,
    startedAtMs,
    letters: letters.slice(0, mostLetters).map(({ failureId, handler, outcome, error, why }) => ({
      failureId,
      handler,
      outcome,
      error: error === null ? null : { name: error.name, code: error.code, message: error.message },
      why,
    })),
  });
}
